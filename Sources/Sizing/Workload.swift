/// What is to be done.
package struct Workload: Sendable, Hashable {
    /// Which requests run one after the other.
    package enum Lanes: Sendable, Hashable {
        case none, keys, partitions
    }

    package var ratePerSecond: Double
    package var steps: StepTimes
    /// nil: requests spread evenly over the partitions, as those without a key do.
    package var keys: KeySpread?
    package var lanes: Lanes

    package init(ratePerSecond: Double, steps: StepTimes, keys: KeySpread? = nil, lanes: Lanes = .none) {
        self.ratePerSecond = ratePerSecond
        self.steps = steps
        self.keys = keys
        self.lanes = lanes
    }

    /// How many slots are busy at a time, whatever nodes they are on (Little's law).
    package var busySlots: Double { ratePerSecond * steps.mean / 1000 }
    /// What runs one after the other does so many a second at most.
    package var lanePerSecond: Double { 1000 / steps.mean }
}

/// What each node can do.
package struct NodeShape: Sendable, Hashable {
    package var slots: Int
    /// Steps that compute need one each; more slots than these make steps slower, not more.
    package var processors: Int
    /// Of the node's own process, at most.
    package var ownMemoryMB: Int
    /// Of one step, at most.
    package var stepMemoryMB: Int

    package init(slots: Int, processors: Int, ownMemoryMB: Int, stepMemoryMB: Int) {
        self.slots = slots
        self.processors = processors
        self.ownMemoryMB = ownMemoryMB
        self.stepMemoryMB = stepMemoryMB
    }

    /// What a node itself needs of a processor for a step, as `optimizer-bench throughput` measures it with a real Kafka.
    package static let handlingMs = 0.021
    /// What a node takes of steps that do nothing, measured on two processors: one thread takes and acknowledges all.
    package static let mostPerSecond = 50_000.0

    /// How many steps go on at once.
    package var width: Int { min(slots, processors) }
    package var memoryMB: Int { ownMemoryMB + slots * stepMemoryMB }

    /// How many steps a second this node does, with all slots busy.
    package func capacity(_ steps: StepTimes) -> Double {
        min(Double(width) * 1000 / (steps.mean + Self.handlingMs), Self.mostPerSecond)
    }
}
