/// When to commit: every so often, one commit at a time, but for that of a partition that is given up.
struct CommitSchedule {
    /// Commits that are on their way and not answered, by number: what they say, and for which assignment.
    private var unanswered: [UInt64: [PartitionCommit]] = [:]
    private var lastNumber: UInt64 = 0
    private var lastSent: MonotonicTime?
    private(set) var hasNews = false

    mutating func noteDone() { hasNews = true }

    /// What is done lies above what is not: there is nothing to commit until more is done.
    mutating func noteNothing() { hasNews = false }

    /// A transaction has all that is to be said.
    mutating func noteTaken() { hasNews = false }

    var isPending: Bool { !unanswered.isEmpty }

    /// - Returns: the commit's number, by which it is answered.
    mutating func noteSent(_ commits: [PartitionCommit], at now: MonotonicTime) -> UInt64 {
        lastNumber += 1
        unanswered[lastNumber] = commits
        hasNews = false
        lastSent = now
        return lastNumber
    }

    /// A commit has been answered.
    /// - Parameter again: some of it did not get through; the next interval tries again.
    /// - Returns: what it said.
    mutating func noteAnswered(_ number: UInt64, again: Bool) -> [PartitionCommit] {
        if again { hasNews = true }
        return unanswered.removeValue(forKey: number) ?? []
    }

    func isDue(at now: MonotonicTime, intervalMs: Int) -> Bool {
        nextDeadline(intervalMs: intervalMs).map { now >= $0 } ?? false
    }

    func nextDeadline(intervalMs: Int) -> MonotonicTime? {
        guard hasNews, !isPending else { return nil }
        return lastSent?.adding(milliseconds: intervalMs) ?? MonotonicTime(nanoseconds: 0)
    }
}
