/// A distribution of times at one moment, or between two.
package struct HistogramSnapshot: Sendable, Equatable {
    private var cells: [UInt64]
    /// How many times fell in each exposed bucket (`HistogramMetric.bounds`), not cumulative, the unbounded one last.
    package private(set) var buckets: [UInt64]
    package private(set) var sumMilliseconds: Double

    init(cells: [UInt64], buckets: [UInt64], sumMilliseconds: Double) {
        self.cells = cells
        self.buckets = buckets
        self.sumMilliseconds = sumMilliseconds
    }

    package static let empty = HistogramSnapshot(
        cells: Array(repeating: 0, count: LogLinearScale.cellCount),
        buckets: Array(repeating: 0, count: HistogramMetric.bounds.count + 1), sumMilliseconds: 0)

    package var count: UInt64 { cells.reduce(0, +) }

    /// The time in milliseconds that the given part of all times does not exceed, interpolated within a cell;
    /// nil where nothing was recorded. `part` is clamped to 0…1.
    package func quantile(_ part: Double) -> Double? {
        let total = count
        guard total > 0, !part.isNaN else { return nil }
        let rank = min(max(part, 0), 1) * Double(total)
        var below: Double = 0
        for (index, cell) in cells.enumerated() where cell > 0 {
            if below + Double(cell) >= rank {
                let (lower, upper) = LogLinearScale.bounds(ofCell: index)
                return lower + (upper - lower) * max(0, rank - below) / Double(cell)
            }
            below += Double(cell)
        }
        return nil
    }

    /// Adds another distribution, as over all strategies.
    package mutating func add(_ other: HistogramSnapshot) {
        for index in cells.indices { cells[index] += other.cells[index] }
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        sumMilliseconds += other.sumMilliseconds
    }

    /// What was recorded since an earlier snapshot of the same histogram.
    package func since(_ earlier: HistogramSnapshot) -> HistogramSnapshot {
        var difference = self
        for index in cells.indices { difference.cells[index] = Self.less(cells[index], earlier.cells[index]) }
        for index in buckets.indices { difference.buckets[index] = Self.less(buckets[index], earlier.buckets[index]) }
        difference.sumMilliseconds = max(0, sumMilliseconds - earlier.sumMilliseconds)
        return difference
    }

    /// Two snapshots are not taken at one instant cell by cell; none of it may wrap.
    private static func less(_ minuend: UInt64, _ subtrahend: UInt64) -> UInt64 {
        minuend > subtrahend ? minuend - subtrahend : 0
    }
}
