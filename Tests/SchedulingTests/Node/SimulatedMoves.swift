@testable import Scheduling

/// A new leader of a partition, from the old one's end on.
enum LeaderMove {
    /// Nobody leads: no record is read or written.
    case electing(until: MonotonicTime)
    /// The new leader does not know yet what its followers have: it shows records up to this offset, which may be lower
    /// than what the old one has shown.
    case catchingUp(until: MonotonicTime, highWatermark: Int64)

    var until: MonotonicTime {
        switch self {
        case .electing(let until), .catchingUp(let until, _): until
        }
    }
}

/// A coordinator of the group that is not there yet: it takes no commit, answers no question and ends no rebalance.
struct CoordinatorMove {
    /// A commit that its client keeps until there is a coordinator.
    struct Held {
        let node: SimulatedNode
        let number: UInt64
        let parts: [PartitionCommit]
        /// Of the client, when it was sent.
        let generation: Int
        /// What its logs were then.
        let logs: [SimulatedKafka.LogState]
    }

    let until: MonotonicTime
    var held: [Held] = []
    /// Somebody came or went meanwhile.
    var isRebalanceDue = false
}
