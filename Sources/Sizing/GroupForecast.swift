/// What is to be expected of a plan: waits and lag on the busiest node, by a simulation of its slots, and what happens
/// while a node is away.
///
/// A node's requests are those of its partitions, whatever other nodes do: a group of n nodes is n queues, not one.
package struct GroupForecast: Sendable, Hashable {
    /// The partitions of a node that has died go to others after so long.
    package struct NodeAway: Sendable, Hashable {
        package let seconds: Double
        /// How many requests wait by then.
        package let records: Double
        /// Of the busiest node afterwards. Above 1 the lag grows until the node is back.
        package let busy: Double
        /// How long after that the busiest node is still behind; nil: until the node is back.
        package let catchUpSeconds: Double?
    }

    package let queue: QueueFigures
    /// Requests that came and have no result, at a time.
    package let records: Double
    /// Results that are there and not committed, at most.
    package let uncommitted: Double
    /// Commits of all nodes a second, which one broker takes for the whole group.
    package let commitsPerSecond: Double
    /// nil with one node.
    package let away: NodeAway?

    /// - Parameters:
    ///   - commitIntervalMs: how often a node commits.
    ///   - awaySeconds: after how long a node that is not heard of has lost its partitions.
    package init(_ plan: GroupPlan, commitIntervalMs: Int, awaySeconds: Double) {
        let workload = plan.workload
        let steps = StepTimes(mean: workload.steps.mean + NodeShape.handlingMs, variation: workload.steps.variation)
        queue = QueueFigures(ratePerSecond: plan.busiestRate, slots: plan.node.width, steps: steps)
        records = workload.ratePerSecond * queue.meanTime / 1000
        uncommitted = workload.ratePerSecond * Double(commitIntervalMs) / 1000
        // A node commits while something becomes done.
        commitsPerSecond = min(
            Double(plan.nodes) * 1000 / Double(commitIntervalMs), workload.ratePerSecond)
        away = plan.busiestShareWithOneAway.map { share in
            Self.nodeAway(plan, share: share, seconds: awaySeconds)
        }
    }

    private static func nodeAway(_ plan: GroupPlan, share: Double, seconds: Double) -> NodeAway {
        let rate = plan.workload.ratePerSecond
        // Of the partitions that wait the busiest node gets what makes it the busiest.
        let own = plan.nodes > 0 ? Double(plan.partitions / plan.nodes) / Double(plan.partitions) : 0
        let waiting = rate * max(0, share - own) * seconds
        let spare = plan.capacity - rate * share
        return NodeAway(
            seconds: seconds, records: rate * plan.busiestShare * seconds, busy: rate * share / plan.capacity,
            catchUpSeconds: spare > 0 ? waiting / spare : nil)
    }
}
