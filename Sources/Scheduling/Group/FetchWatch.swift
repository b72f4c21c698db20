/// What lies of a partition between the broker and this node's queue, and what may be under way.
package struct PartitionPrefetch: Equatable, Sendable {
    /// Records in the client's own queue.
    package var queued: Int
    /// Up to which offset records have come, whether they were taken or not: grows when more come.
    package var cameTo: Int64
    /// As far as the client knows nothing more comes: its queue is full, or the log is read to its end.
    package var isComplete: Bool
    /// So little is kept of it from a pause that what is fetched from now on will have come before it is used up.
    package var isNearlyUsedUp: Bool

    package init(queued: Int, cameTo: Int64, isComplete: Bool, isNearlyUsedUp: Bool) {
        self.queued = queued
        self.cameTo = cameTo
        self.isComplete = isComplete
        self.isNearlyUsedUp = isNearlyUsedUp
    }
}

/// Knows of which partitions something may be on its way. A pause would throw that away.
struct FetchWatch: Sendable {
    /// Where nothing more has come for so long, nothing is under way: the partition has no leader, or a queue that is full
    /// and does not look so.
    static let patienceMs = 500
    /// Nobody says that a fetch has come, where others came before it.
    static let lookAgainMs = 50

    /// By partition, up to where records had come when it was last looked at, and since when no more have.
    private var seen: [Int32: (cameTo: Int64, since: MonotonicTime)] = [:]
    private(set) var lookAgainAt = MonotonicTime(nanoseconds: .min)

    /// The partition is fetched anew from now on.
    mutating func forget(_ partition: Int32) {
        seen[partition] = nil
        lookAgainAt = MonotonicTime(nanoseconds: .min)
    }

    mutating func lookAgain(after now: MonotonicTime) { lookAgainAt = now.adding(milliseconds: Self.lookAgainMs) }

    /// Whether all that was asked for has come.
    ///
    /// The client knows the log's end from its leader's last answer: before anything has come that is from before the
    /// last pause, and says nothing.
    mutating func hasCome(_ partition: Int32, _ found: PartitionPrefetch, at now: MonotonicTime) -> Bool {
        let since = seen[partition].flatMap { found.cameTo == $0.cameTo ? $0.since : nil } ?? now
        seen[partition] = (found.cameTo, since)
        // Of a partition that has nothing to keep, a pause would spare nothing.
        return found.queued > 0 && (found.isComplete || now >= since.adding(milliseconds: Self.patienceMs))
    }
}
