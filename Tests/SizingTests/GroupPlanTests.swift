import Testing

@testable import Sizing

struct GroupPlanTests {
    private let node = NodeShape(slots: 5, processors: 5, ownMemoryMB: 200, stepMemoryMB: 100)

    private func workload(
        _ rate: Double, ms: Double = 20, keys: KeySpread? = nil, lanes: Workload.Lanes = .none
    ) -> Workload {
        Workload(ratePerSecond: rate, steps: StepTimes(mean: ms, variation: 1), keys: keys, lanes: lanes)
    }

    @Test func `it is the fewest nodes that keep the headroom`() throws {
        let plan = try GroupPlan(workload(50_000), on: node, headroom: 0.3)
        #expect(plan.nodes == 287)
        #expect(plan.partitions == 3 * 287)
        #expect(plan.busiest <= 0.7 && plan.busiest == plan.average)
        #expect(GroupPlan(workload(50_000), on: node, nodes: 286, partitions: 3 * 286).busiest > 0.7)
        #expect(node.memoryMB == 700)
    }

    @Test func `partitions that do not go evenly into the nodes make more nodes of it`() throws {
        // 1,750 a second are 10 nodes' at 175; of 16 partitions the busiest of 10 nodes would have two: 219.
        let plan = try GroupPlan(workload(1740), on: node, headroom: 0.3, partitions: 16)
        #expect(plan.nodes == 16)
        #expect(try GroupPlan(workload(1740), on: node, headroom: 0.3, partitions: 20).nodes == 10)
    }

    @Test(arguments: [nil, KeySpread(keys: 100_000)])
    func `the partitions there are are not stepped over where they do`(keys: KeySpread?) throws {
        // Two partitions of 120 a second are too much for a node: it takes one for each.
        #expect(
            try GroupPlan(workload(31_320, keys: keys), on: node, headroom: 0.3, partitions: 261).nodes == 261)
    }

    @Test func `without keys no number of nodes is stepped over`() throws {
        // Two partitions of 80 a second for each.
        #expect(try GroupPlan(workload(80_000), on: node, headroom: 0.3, partitions: 1000).nodes == 500)
    }

    @Test func `more nodes than a plan is made for are said to be that`() {
        #expect(throws: GroupPlan.Problem.nodes(needed: 28_602)) {
            try GroupPlan(workload(5_000_000), on: node, headroom: 0.3)
        }
        // 120 a second each: one for each node.
        #expect(throws: GroupPlan.Problem.nodes(needed: 20_001)) {
            try GroupPlan(workload(3_000_000), on: node, headroom: 0.3, partitions: 25_000)
        }
    }

    @Test func `too few partitions are named, with how many it takes`() {
        #expect(throws: GroupPlan.Problem.partitions(given: 8, needed: 10)) {
            try GroupPlan(workload(1740), on: node, headroom: 0.3, partitions: 8)
        }
    }

    @Test func `a key that is more than a node takes is named`() {
        #expect(throws: GroupPlan.Problem.self) {
            try GroupPlan(
                workload(1740, keys: KeySpread(keys: 1000, busiestKey: 0.2)), on: node, headroom: 0.3)
        }
        // Two keys of 100 a second for nodes that take 175: no more nodes do what one of two does.
        #expect(throws: GroupPlan.Problem.self) {
            try GroupPlan(workload(400, keys: KeySpread(keys: 2)), on: node, headroom: 0.3)
        }
    }

    @Test func `in order by partition there are as many as keep up one after the other`() throws {
        // 1,000 a second are 28.6 partitions' at 35: 6 nodes of 3 would be 18.
        let plan = try GroupPlan(workload(1000, lanes: .partitions), on: node, headroom: 0.3)
        #expect(plan.partitions == 29 && plan.busiest <= 0.7)
        let given = try GroupPlan(workload(1000, lanes: .partitions), on: node, headroom: 0.3, partitions: 30)
        #expect(given.partitions == 30)
        #expect(throws: GroupPlan.Problem.partitionsInOrder(given: 28, needed: 29)) {
            try GroupPlan(workload(1000, lanes: .partitions), on: node, headroom: 0.3, partitions: 28)
        }
        let keys = KeySpread(keys: 1000)
        let keyed = try GroupPlan(workload(1000, keys: keys, lanes: .partitions), on: node, headroom: 0.3)
        #expect(keyed.partitions > 29)
        #expect(keys.busiestNode(nodes: keyed.partitions, partitions: keyed.partitions) * 1000 <= 35.001)
    }

    @Test(arguments: [Workload.Lanes.keys, .partitions])
    func `a key that is more than one after the other does is named`(_ lanes: Workload.Lanes) throws {
        let busy = KeySpread(keys: 10_000, busiestKey: 0.04)
        #expect(throws: GroupPlan.Problem.self) {
            try GroupPlan(workload(1000, keys: busy, lanes: lanes), on: node, headroom: 0.3)
        }
        #expect(throws: Never.self) { try GroupPlan(workload(1000, keys: busy), on: node, headroom: 0.3) }
    }

    @Test func `few keys make the busiest node busier than the average, many hardly`() throws {
        let few = try GroupPlan(workload(17_400, keys: KeySpread(keys: 2000)), on: node, headroom: 0.3)
        let many = try GroupPlan(workload(17_400, keys: KeySpread(keys: 1_000_000)), on: node, headroom: 0.3)
        #expect(few.nodes > 130 && few.busiest > 1.3 * few.average)
        #expect((100...106).contains(many.nodes) && many.busiest < 1.05 * many.average)
        #expect(few.busiest <= 0.7 + 1e-6)
    }

    @Test func `a node that is away leaves the others with what they can carry`() throws {
        let plan = try GroupPlan(workload(17_400), on: node, headroom: 0.3)
        let away = try #require(plan.busiestWithOneAway)
        #expect(away > 0.9 && away <= GroupPlan.mostBusyWithOneAway)
        let two = try GroupPlan(workload(300), on: node, headroom: 0.3)
        #expect(two.nodes == 2)
        #expect(try #require(two.busiestWithOneAway) > 1)
        #expect(GroupForecast(two, commitIntervalMs: 25, awaySeconds: 15).away?.catchUpSeconds == nil)
        #expect(try GroupPlan(workload(100), on: node, headroom: 0.3).busiestWithOneAway == nil)
    }

    @Test func `steps that do nothing are bounded by the node itself`() {
        let wide = NodeShape(slots: 64, processors: 64, ownMemoryMB: 1, stepMemoryMB: 1)
        #expect(wide.capacity(StepTimes(mean: 0.001, variation: 0)) == NodeShape.mostPerSecond)
        #expect(NodeShape(slots: 64, processors: 2, ownMemoryMB: 1, stepMemoryMB: 1).width == 2)
    }

    @Test func `what is committed late and how often follow from the interval`() throws {
        let plan = try GroupPlan(workload(17_400), on: node, headroom: 0.3)
        let forecast = GroupForecast(plan, commitIntervalMs: 25, awaySeconds: 15)
        #expect(forecast.commitsPerSecond == Double(plan.nodes) * 40)
        #expect(forecast.uncommitted == 435)
        #expect(abs(forecast.records - 17_400 * forecast.queue.meanTime / 1000) < 1)
    }
}
