@testable import Scheduling

/// What a client library does for one node of the model.
struct SimulatedClient {
    enum Event {
        case assigned(Set<Int32>, generation: Int)
        case revoked(Set<Int32>, isLost: Bool)
        case committed(number: UInt64, stored: Set<Int32>, hasFailure: Bool)
        case committedBefore(number: UInt64, [Int32: String?]?)
        case logReset(Int32)
    }

    /// What the node has not been told yet.
    var inbox: [Event] = []
    /// Answers to commits that are on their way: they come in any order.
    var answers: [Event] = []
    /// Of the partitions that it reads, the next offset.
    var positions = PartitionTable<Int64>()
    var paused: Set<Int32> = []
    /// Where partitions are to be read from, once the fetcher has heard of it.
    var seeks = PartitionTable<Int64>()
    var generation = -1
    /// The group has given its partitions to others.
    var isFenced = false
    var isLeaving = false
    var isClosed = false
    /// Questions that have not been answered.
    var questions: [(number: UInt64, partitions: [Int32])] = []

    /// Whether the node has been told of anything it has not taken in.
    var hasNews: Bool { !inbox.isEmpty || !answers.isEmpty }
}
