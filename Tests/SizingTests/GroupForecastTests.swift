import Testing

@testable import Sizing

/// The forecast, which looks at one node, beside a simulation of every request of hundreds.
struct GroupForecastTests {
    private let node = NodeShape(slots: 5, processors: 5, ownMemoryMB: 200, stepMemoryMB: 100)

    private func plan(_ rate: Double, variation: Double = 1) throws -> GroupPlan {
        try GroupPlan(
            Workload(ratePerSecond: rate, steps: StepTimes(mean: 20, variation: variation)), on: node, headroom: 0.3)
    }

    @Test(arguments: [0.0, 1]) func `three hundred nodes wait as the one that was looked at`(variation: Double) throws {
        let plan = try plan(52_000, variation: variation)
        #expect(plan.nodes > 290)
        let outcome = GroupSimulation(plan: plan, seconds: 20, death: nil).run()
        let times = outcome.times.filter { $0.arrival > 2000 }.map(\.ms)
        let all = QueueFigures(waits: times, times: times)
        let one = GroupForecast(plan, commitIntervalMs: 25, awaySeconds: 15).queue
        for (simulated, expected) in [(all.p50, one.p50), (all.p95, one.p95), (all.p99, one.p99)] {
            #expect(abs(simulated - expected) < 0.05 * expected, "\(all) and \(one)")
        }
    }

    @Test func `a node that dies stands still for its partitions and is caught up as was said`() throws {
        let plan = try plan(35_000)
        let expected = try #require(GroupForecast(plan, commitIntervalMs: 25, awaySeconds: 15).away)
        let outcome = GroupSimulation(plan: plan, seconds: 120, death: (at: 10_000, takenOver: 15_000)).run()
        #expect(abs(Double(outcome.stoodStill) - expected.records) < 0.05 * expected.records)
        let catchUp = try #require(expected.catchUpSeconds)
        // What is late comes first in its partition, so that the last of it has ended before the node is what it was.
        #expect(outcome.caughtUp / 1000 < catchUp && outcome.caughtUp / 1000 > 1, "\(outcome.caughtUp) \(catchUp)")
        let late = outcome.times.filter { $0.ms > 1000 }.count
        #expect(Double(late) >= expected.records * 0.9)
        // It is over by then: the last half minute is as the first seconds were.
        let end = outcome.times.filter { $0.arrival > 90_000 }.map(\.ms)
        let start = outcome.times.filter { (2000..<10_000).contains($0.arrival) }.map(\.ms)
        let (after, before) = (QueueFigures(waits: end, times: end), QueueFigures(waits: start, times: start))
        #expect(after.p99 < 2.5 * before.p99, "\(after) \(before)")
    }
}
