import Messages
import Strategies

/// The grid of a merged result: which set has which values.
struct SweepGrid {
    struct Axis {
        let name: String
        let count: Int
        private let minimum: Double
        private let maximum: Double
        private let step: Double
        /// nil where digits are too far apart to be counted in.
        private let decimals: DecimalRange?
        private let values: [JSONValue]

        init?(_ value: JSONValue) {
            guard let name = value["name"]?.string, let count = value["count"]?.integer, count > 0,
                count <= Sweep.largestInteger
            else { return nil }
            self.name = name
            self.count = count
            values = value["values"]?.elements ?? []
            minimum = value["min"]?.double ?? 0
            maximum = value["max"]?.double ?? .greatestFiniteMagnitude
            step = value["step"]?.double ?? 1
            decimals = DecimalRange(from: minimum, through: maximum, by: step)
        }

        /// The value of that number as text.
        func label(_ index: Int) -> String {
            guard values.isEmpty else {
                return values.indices.contains(index) ? values[index].string ?? values[index].text : "?"
            }
            guard let decimals, index < decimals.count else {
                return Self.text(min(minimum + Double(index) * step, maximum))
            }
            return Self.text(decimals.value(index))
        }

        /// With six decimals at most, where they say it all; else with as many digits as it takes.
        private static func text(_ value: Double) -> String {
            let short = ChartScale.trimmed(value.fixed(6))
            return (Double(short) == value ? short : "\(value)").replacingMinus
        }

        /// "5 to 45 by 2", or the list.
        var range: String {
            guard values.isEmpty else { return values.prefix(20).map { $0.string ?? $0.text }.joined(separator: ", ") }
            return count == 1 ? label(0) : "\(label(0)) to \(label(count - 1)) by \(Self.text(step))"
        }
    }

    /// None where one cannot be read: positions are of all of them.
    let axes: [Axis]

    init(_ merged: JSONValue) {
        let values = merged["grid"]?.elements ?? []
        let axes = values.compactMap(Axis.init)
        self.axes = axes.count == values.count ? axes : []
    }

    /// By which method the sets of a merged result were drawn; nil of a whole grid.
    static func drawnBy(_ merged: JSONValue) -> String? {
        merged["search"]?["method"]?.string.flatMap { $0 == "grid" ? nil : $0 }
    }

    /// Which value of each axis an entry of the heat map is of.
    ///
    /// - Parameter entry: the set's number, its objective and, where sets are drawn, its positions. Without them the number
    ///   says it, the first axis being the slowest.
    /// - Returns: nil for what is no set of the grid.
    func positions(of entry: [JSONValue]) -> [Int]? {
        guard entry.count > 2 else { return entry.first?.integer.flatMap(positions(ofSet:)) }
        let positions = (entry[2].elements ?? []).compactMap(\.integer)
        guard !axes.isEmpty, positions.count == axes.count,
            zip(axes, positions).allSatisfy({ (0..<$0.count).contains($1) })
        else {
            return nil
        }
        return positions
    }

    private func positions(ofSet set: Int) -> [Int]? {
        var rest = set
        var positions: [Int] = []
        for axis in axes.reversed() {
            positions.append(rest % axis.count)
            rest /= axis.count
        }
        return set >= 0 && rest == 0 && !axes.isEmpty ? positions.reversed() : nil
    }
}
