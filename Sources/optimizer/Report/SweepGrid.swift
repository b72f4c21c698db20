import Messages

/// The grid of a merged result: which set has which values.
struct SweepGrid {
    struct Axis {
        let name: String
        let count: Int
        private let minimum: Double
        private let maximum: Double
        private let step: Double
        private let values: [JSONValue]

        init?(_ value: JSONValue) {
            guard let name = value["name"]?.string, let count = value["count"]?.integer, count > 0, count <= 100_000_000
            else { return nil }
            self.name = name
            self.count = count
            values = value["values"]?.elements ?? []
            minimum = value["min"]?.double ?? 0
            maximum = value["max"]?.double ?? .greatestFiniteMagnitude
            step = value["step"]?.double ?? 1
        }

        /// The value of that number as text.
        func label(_ index: Int) -> String {
            guard values.isEmpty else {
                return values.indices.contains(index) ? values[index].string ?? values[index].text : "?"
            }
            return ChartScale.trimmed(min(minimum + Double(index) * step, maximum).fixed(6)).replacingMinus
        }

        /// "5 to 45 by 2", or the list.
        var range: String {
            guard values.isEmpty else { return values.prefix(20).map { $0.string ?? $0.text }.joined(separator: ", ") }
            let by = ChartScale.trimmed(step.fixed(6))
            return count == 1 ? label(0) : "\(label(0)) to \(label(count - 1)) by \(by)"
        }
    }

    let axes: [Axis]

    init(_ merged: JSONValue) {
        axes = merged["grid"]?.elements?.compactMap(Axis.init) ?? []
    }

    /// Which value of an axis a set has; the first axis is the slowest.
    func position(of set: Int, on axis: Int) -> Int {
        let below = axes[(axis + 1)...].reduce(1) { $0.multipliedReportingOverflow(by: $1.count).partialValue }
        return below > 0 ? set / below % axes[axis].count : 0
    }

    var setCount: Int { axes.reduce(1) { $0.multipliedReportingOverflow(by: $1.count).partialValue } }
}
