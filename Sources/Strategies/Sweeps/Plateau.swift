import Messages

/// How good the sets around the best one are: a peak that stands alone was found by chance more often than not.
///
/// Neighbours differ by at most one step in every parameter that has an order, and in none that has not (words). Of a
/// list of numbers the next larger and the next smaller are a step away, wherever they stand.
struct Plateau: Equatable {
    /// Of the neighbours' objective; NaN where none has a value.
    let median: Double
    /// Sets of the grid around the best one.
    let neighbours: Int
    /// Those of them that ran, were not turned down by a constraint and have a value.
    let valued: Int
}

extension Plateau {
    /// - Parameters:
    ///   - grid: the axes as a step's result has them.
    ///   - heatmap: pairs of number and objective.
    /// - Returns: nil where the grid cannot be read.
    init?(around best: Int, grid: [JSONValue], heatmap: [JSONValue]) {
        var axes: [Axis] = []
        var size = 1
        for value in grid {
            guard let axis = Axis(value) else { return nil }
            axes.append(axis)
            let (product, overflow) = size.multipliedReportingOverflow(by: axis.count)
            guard !overflow else { return nil }
            size = product
        }
        guard (0..<size).contains(best) else { return nil }
        let centre = Self.positions(of: best, axes)
        neighbours = zip(axes, centre).reduce(1) { $0 &* $1.0.within(1, of: $1.1) } &- 1
        var values: [Double] = []
        for pair in heatmap {
            guard let elements = pair.elements, elements.count == 2, let set = elements[0].integer, set != best,
                (0..<size).contains(set), let value = elements[1].double, Self.isNear(set, centre, axes)
            else { continue }
            values.append(value)
        }
        valued = values.count
        median = Self.median(of: values)
    }

    private static func positions(of set: Int, _ axes: [Axis]) -> [Int] {
        var rest = set
        let positions = axes.reversed().map { axis in
            defer { rest /= axis.count }
            return rest % axis.count
        }
        return positions.reversed()
    }

    private static func isNear(_ set: Int, _ centre: [Int], _ axes: [Axis]) -> Bool {
        var rest = set
        for (axis, position) in zip(axes, centre).reversed() {
            guard axis.isNear(rest % axis.count, position) else { return false }
            rest /= axis.count
        }
        return true
    }

    /// Of an even number the middle between the two; NaN of none.
    static func median(of values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let half = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[half] : sorted[half - 1] / 2 + sorted[half] / 2
    }

    private struct Axis {
        let count: Int
        /// The place of each value by its size; nil where they stand in order; empty where they have none.
        private let ranks: [Int]?

        init?(_ value: JSONValue) {
            guard let count = value["count"]?.integer, count > 0, count <= Sweep.maximumSets else { return nil }
            self.count = count
            guard let values = value["values"]?.elements else {
                ranks = nil
                return
            }
            guard values.count == count else { return nil }
            let numbers = values.compactMap(\.double)
            guard numbers.count == count else {
                ranks = []
                return
            }
            var ranks = [Int](repeating: 0, count: count)
            for (rank, place) in numbers.indices.sorted(by: { numbers[$0] < numbers[$1] }).enumerated() {
                ranks[place] = rank
            }
            self.ranks = ranks
        }

        func isNear(_ position: Int, _ other: Int) -> Bool {
            guard let ranks else { return abs(position - other) <= 1 }
            return ranks.isEmpty ? position == other : abs(ranks[position] - ranks[other]) <= 1
        }

        /// How many values are at most so many steps away, the value itself among them.
        func within(_ steps: Int, of position: Int) -> Int {
            guard ranks?.isEmpty != true else { return 1 }
            let rank = ranks?[position] ?? position
            return min(rank + steps, count - 1) - max(rank - steps, 0) + 1
        }
    }
}
