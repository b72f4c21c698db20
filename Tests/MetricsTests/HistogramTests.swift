import Testing

@testable import Metrics

@Suite struct HistogramTests {
    private func histogram(_ milliseconds: some Sequence<Double>) -> Histogram {
        let histogram = MetricRegistry(strategies: []).histogram(.queueWait)
        for one in milliseconds { histogram.record(nanoseconds: UInt64(one * 1e6)) }
        return histogram
    }

    @Test func aTimeOnABoundFallsBelowIt() {
        let histogram = histogram([1, 100, 10_000])
        for bound in [1, 100, 10_000] as [UInt64] { histogram.record(nanoseconds: bound * 1_000_000 + 1) }
        let counts = histogram.bucketCounts
        let bounds = HistogramMetric.bounds
        #expect(counts[0] == 1)
        #expect(counts[1] == 1)
        #expect(counts[bounds.firstIndex(of: 100)!] == 1)
        #expect(counts[bounds.firstIndex(of: 120)!] == 1)
        #expect(counts[bounds.count - 1] == 1)
        #expect(counts[bounds.count] == 1)
    }

    @Test(arguments: [0.5, 0.9, 0.95, 0.99])
    func quantilesAreWithinThreePercent(part: Double) throws {
        let times = (1...10_000).map { Double($0) / 37 }
        let found = try #require(histogram(times).snapshot().quantile(part))
        let exact = times[Int(part * 10_000) - 1]
        #expect(abs(found - exact) / exact < 0.032)
    }

    @Test(arguments: [UInt64(0), 1, 1023, 1024, 1025, 99_999_999, 100_000_000, 3_600_000_000_000])
    func everyTimeLiesWithinTheBoundsOfItsCell(nanoseconds: UInt64) {
        let (lower, upper) = LogLinearScale.bounds(ofCell: LogLinearScale.cell(of: nanoseconds))
        #expect(lower <= Double(nanoseconds) / 1e6)
        #expect(Double(nanoseconds) / 1e6 < upper)
    }

    @Test func timesBeyondTheScaleAreKeptInItsLastCell() {
        let histogram = histogram([])
        histogram.record(nanoseconds: .max)
        #expect(histogram.snapshot().count == 1)
        #expect(LogLinearScale.cell(of: .max) == LogLinearScale.cellCount - 1)
    }

    @Test func anEmptyDistributionHasNoQuantile() {
        #expect(HistogramSnapshot.empty.quantile(0.5) == nil)
        #expect(histogram([]).snapshot().quantile(0.95) == nil)
        #expect(histogram([5]).snapshot().quantile(.nan) == nil)
    }

    @Test func whatWasRecordedSinceIsTheDifference() throws {
        let histogram = histogram([10, 10, 10])
        let earlier = histogram.snapshot()
        histogram.record(nanoseconds: 500_000_000)
        let recent = histogram.snapshot().since(earlier)
        #expect(recent.count == 1)
        #expect(recent.buckets.reduce(0, +) == 1)
        #expect(abs(recent.sumMilliseconds - 500) < 1e-6)
        let median = try #require(recent.quantile(0.5))
        #expect(median > 484 && median < 516)
    }

    @Test func distributionsAddUp() {
        var all = histogram([1, 2]).snapshot()
        all.add(histogram([3]).snapshot())
        #expect(all.count == 3)
        #expect(all.sumMilliseconds == 6)
    }
}
