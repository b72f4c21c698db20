@testable import Scheduling

/// What the coordinator of transactions knows of one transactional id.
struct SimulatedProducer {
    /// A transaction that is not over.
    struct Open {
        let digests: [Int]
        let since: MonotonicTime
        /// The group's coordinator has them, and shows them to nobody until the transaction is over.
        var parts: [PartitionCommit] = []
        /// What their logs were then.
        var logs: [SimulatedKafka.LogState] = []
        /// Who commits was told what was committed before.
        var knowsAll: Set<Int32> = []
        /// Partitions whose offsets are about a log that is gone: of them nothing counts but who has committed.
        var void: Set<Int32> = []
        /// It is decided; the markers are not written yet.
        var isCommitted = false
        /// One of the messages is taken by no topic.
        var hasRefusal = false
    }

    /// Whose producer is not of this epoch is fenced.
    var epoch = 0
    var open: Open?
    /// How the last one ended, which is told once more to who asks again.
    var wasCommitted = false
}
