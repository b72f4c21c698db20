import Glibc

@testable import Sizing

/// Hundreds of nodes, each request of each of them: partitions, their owners, slots, and a node that dies, whose
/// partitions stand still until the others have them. What had no result by then is run by the others.
struct GroupSimulation {
    struct Request {
        let partition: Int
        let arrival: Double
        var duration: Double
    }

    struct Outcome {
        /// Milliseconds from arrival to the end of the step, with when the request came.
        var times: [(arrival: Double, ms: Double)] = []
        /// Requests that came in the outage to the partitions that stood still.
        var stoodStill = 0
        /// When the last of them has ended.
        var caughtUp = 0.0
    }

    let plan: GroupPlan
    let seconds: Double
    /// When a node dies, and after how long others have its partitions; nil: none dies.
    let death: (at: Double, takenOver: Double)?

    func run(seed: UInt64 = 1) -> Outcome {
        var generator = SeededGenerator(seed: seed)
        var waiting: [[Request]] = Array(repeating: [], count: plan.nodes)
        var outcome = Outcome()
        // The dead node first: what it leaves is the others'.
        for partition in 0..<plan.partitions {
            waiting[partition % plan.nodes] += arrivals(of: partition, &generator)
        }
        if let death {
            let left = die(&waiting[0], death, &outcome)
            for request in left {
                let heir = 1 + request.partition / plan.nodes % (plan.nodes - 1)
                waiting[heir].append(request)
            }
        }
        for node in 0..<plan.nodes where death == nil || node > 0 { serve(waiting[node], death, &outcome) }
        return outcome
    }

    private func arrivals(of partition: Int, _ generator: inout SeededGenerator) -> [Request] {
        let rate = plan.workload.ratePerSecond / Double(plan.partitions)
        var requests: [Request] = []
        var now = 0.0
        while true {
            now += -log(generator.unit()) * 1000 / rate
            guard now < seconds * 1000 else { return requests }
            requests.append(
                Request(partition: partition, arrival: now, duration: plan.workload.steps.draw(&generator)))
        }
    }

    /// Runs the node until it dies. Returns what it leaves.
    private func die(
        _ requests: inout [Request], _ death: (at: Double, takenOver: Double), _ outcome: inout Outcome
    ) -> [Request] {
        var queue = SlotQueue(slots: plan.node.width)
        var left: [Request] = []
        for request in requests.sorted(by: { $0.arrival < $1.arrival }) {
            guard request.arrival < death.at else {
                left.append(request)
                continue
            }
            let end = queue.run(from: request.arrival, for: request.duration) + request.duration
            if end > death.at {
                left.append(request)
            } else {
                outcome.times.append((request.arrival, end - request.arrival))
            }
        }
        return left
    }

    private func serve(
        _ requests: [Request], _ death: (at: Double, takenOver: Double)?, _ outcome: inout Outcome
    ) {
        func isLeft(_ request: Request) -> Bool { death != nil && request.partition % plan.nodes == 0 }
        func reach(_ request: Request) -> Double {
            guard let death, isLeft(request) else { return request.arrival }
            return max(request.arrival, death.at + death.takenOver)
        }
        var queue = SlotQueue(slots: plan.node.width)
        for request in requests.sorted(by: { (reach($0), $0.arrival) < (reach($1), $1.arrival) }) {
            let end = queue.run(from: reach(request), for: request.duration) + request.duration
            outcome.times.append((request.arrival, end - request.arrival))
            guard let death, isLeft(request), reach(request) > request.arrival else { continue }
            outcome.stoodStill += 1
            outcome.caughtUp = max(outcome.caughtUp, end - death.at - death.takenOver)
        }
    }
}
