import Testing

@testable import Worker

struct LagWatchTests {
    /// Each answer names every member, and every member asks.
    @Test(arguments: [(1, 15_000), (300, 15_000), (600, 30_000), (3000, 60_000), (1_000_000, 60_000)])
    func `a group that may have many members is asked for more seldom, but within the minute`(
        partitions: Int, ms: Int
    ) {
        #expect(LagWatch.groupIntervalMs(partitions: partitions) == ms)
    }
}
