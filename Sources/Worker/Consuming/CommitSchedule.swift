import Scheduling

/// When to commit: every so often, one commit at a time.
struct CommitSchedule {
    /// A commit that is on its way and not answered.
    private(set) var isPending = false
    private var lastSent: MonotonicTime?
    private var hasNews = false

    mutating func noteDone() { hasNews = true }

    /// What is done lies above what is not: there is nothing to commit until more is done.
    mutating func noteNothing() { hasNews = false }

    mutating func noteSent(at now: MonotonicTime) {
        isPending = true
        hasNews = false
        lastSent = now
    }

    /// - Parameter again: some of it did not get through; the next interval tries again.
    mutating func noteAnswered(again: Bool) {
        isPending = false
        if again { hasNews = true }
    }

    func isDue(at now: MonotonicTime, intervalMs: Int) -> Bool {
        nextDeadline(intervalMs: intervalMs).map { now >= $0 } ?? false
    }

    func nextDeadline(intervalMs: Int) -> MonotonicTime? {
        guard hasNews, !isPending else { return nil }
        return lastSent?.adding(milliseconds: intervalMs) ?? MonotonicTime(nanoseconds: 0)
    }
}
