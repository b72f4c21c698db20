@testable import Scheduling

/// What a client library does for one node of the model.
final class SimulatedClient {
    enum Event {
        case assigned(Set<Int32>, generation: Int)
        case revoked(Set<Int32>, isLost: Bool)
        case committed(number: UInt64, stored: Set<Int32>, hasFailure: Bool)
        case committedBefore(number: UInt64, [Int32: StoredCommit]?)
        case logReset(Int32)
        case transactionAnswered(number: UInt64, TransactionAnswer, hasRefusal: Bool)
    }

    /// What the node has not been told yet.
    var inbox: [Event] = []
    /// Answers to commits that are on their way: they come in any order.
    var answers: [Event] = []
    /// Of the partitions that it reads, the next offset that it has not handed out or kept.
    var positions = PartitionTable<Int64>()
    /// What was prefetched when a partition was paused: offsets and digests, handed out before anything else.
    var kept = PartitionTable<[(offset: Int64, digest: Int)]>()
    /// Partitions of which more is on its way: up to where it has come, and since when.
    var coming = PartitionTable<(to: Int64, since: MonotonicTime)>()
    var paused: Set<Int32> = []
    /// Where partitions are to be read from, once the fetcher has heard of it.
    var seeks = PartitionTable<Int64>()
    /// Where partitions that are read again were before, as long as nothing of them has come since: a pause goes back
    /// there.
    var soughtFrom = PartitionTable<Int64>()
    /// Partitions that are not read yet: a transaction that is not over has offsets of them.
    var unstable: Set<Int32> = []
    /// What is asked of the producer of transactions, as a member of which generation, and what the logs were then that
    /// it is about.
    var call: (number: UInt64, call: TransactionCall, generation: Int, logs: [SimulatedKafka.LogState])?
    var generation = -1
    /// The group has given its partitions to others.
    var isFenced = false
    var isLeaving = false
    var isClosed = false
    /// Questions that have not been answered.
    var questions: [(number: UInt64, partitions: [Int32])] = []

    /// So much is prefetched of a partition at most; it is resumed when so little is kept.
    static let mostPrefetched = 8
    static let nearlyUsedUp = 3

    /// How many records of a partition lie prefetched, of a log that is shown up to this offset.
    func prefetched(_ partition: Int32, shownEnd: Int64) -> Int {
        guard let position = positions[partition], !paused.contains(partition), !unstable.contains(partition) else {
            return 0
        }
        let end = min(shownEnd, coming[partition]?.to ?? shownEnd)
        return Int(max(0, min(end - position, Int64(Self.mostPrefetched))))
    }

    /// Where the partition has no record before that was not handed out.
    func readTo(_ partition: Int32) -> Int64? { kept[partition]?.first?.offset ?? positions[partition] }

    /// Reads the partition from elsewhere, or no more.
    func forget(_ partition: Int32) {
        unstable.remove(partition)
        kept[partition] = nil
        coming[partition] = nil
        soughtFrom[partition] = nil
    }

    /// Whether the node has been told of anything it has not taken in.
    var hasNews: Bool { !inbox.isEmpty || !answers.isEmpty }
}
