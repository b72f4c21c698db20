import Synchronization

/// A distribution of times. Kept twice: in the exposed buckets, whose bounds are exact, and in finer log-linear cells
/// for quantiles inside the process. An update is three relaxed atomic additions: no lock, no allocation.
package final class Histogram: Sendable {
    private let buckets = InlineArray<32, Atomic<UInt64>> { _ in Atomic(0) }
    private let cells = InlineArray<1024, Atomic<UInt64>> { _ in Atomic(0) }
    private let sum = Atomic<UInt64>(0)

    init() {}

    /// Upper bounds of the exposed buckets in nanoseconds; what is above the last is in one more bucket.
    static let bounds: [UInt64] = HistogramMetric.bounds.map { UInt64($0 * 1e6) }

    package func record(nanoseconds: UInt64) {
        buckets[Self.bucket(of: nanoseconds)].wrappingAdd(1, ordering: .relaxed)
        cells[LogLinearScale.cell(of: nanoseconds)].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    private static func bucket(of nanoseconds: UInt64) -> Int {
        var index = 0
        while index < bounds.count, nanoseconds > bounds[index] { index += 1 }
        return index
    }

    /// The exposed buckets, not cumulative, the one without a bound last.
    var bucketCounts: [UInt64] {
        (0...Self.bounds.count).map { buckets[$0].load(ordering: .relaxed) }
    }

    /// The sum of all recorded times in milliseconds.
    var sumMilliseconds: Double {
        Double(sum.load(ordering: .relaxed)) / 1e6
    }

    /// The distribution so far. Subtract an earlier one for the distribution since then.
    package func snapshot() -> HistogramSnapshot {
        var counts = [UInt64](repeating: 0, count: LogLinearScale.cellCount)
        for index in counts.indices { counts[index] = cells[index].load(ordering: .relaxed) }
        return HistogramSnapshot(cells: counts, buckets: bucketCounts, sumMilliseconds: sumMilliseconds)
    }
}
