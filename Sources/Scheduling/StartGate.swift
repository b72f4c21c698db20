/// Strategies whose hosts cannot be started: their steps wait, and one of them at a time tries again, later each time.
///
/// A strategy begins here too, until a first host of it has been ready: so a command that never starts takes one slot at
/// a time, however many requests there are for it.
package struct StartGate: Sendable {
    /// Starts of one strategy's hosts that have failed one after the other.
    package struct Failing: Sendable, Equatable {
        package let strategy: Int
        package let failures: Int
        /// Until the next try; 0: it is due, or under way.
        package let retryMs: Int
        /// What the last start failed with.
        package let reason: String
    }

    /// What a step that has begun may do to get a host.
    package enum Role: Sendable {
        /// Its strategy's hosts start: it may start one where none waits.
        case free
        /// It tries whether one starts.
        case trial
        /// It may take one that waits, and no more.
        case waitingOnly
    }

    /// How the search for a host of a step that has begun has gone.
    package enum Search: Sendable {
        /// One has been started and is ready.
        case started
        /// None could be started.
        case failed(String)
        /// None waits, and the step may not start one.
        case noneIdle
    }

    private struct Entry {
        var failures = 0
        var reason = ""
        var notBefore = MonotonicTime(nanoseconds: 0)
        /// The time of the next try has come.
        var isDue = true
        /// The step that tries.
        var trying: UInt64?
        /// A host has come free since somebody last looked for one in vain.
        var hasIdle = false
    }

    private static let retry = RetryPolicy(maximumAttempts: .max, firstDelayMs: 500, maximumDelayMs: 30_000)

    private var entries: [Int: Entry]

    /// - Parameter unproven: the strategies whose hosts are started by a command that nobody has tried.
    package init(unproven: some Sequence<Int> = []) {
        entries = Dictionary(unproven.map { ($0, Entry()) }) { first, _ in first }
    }

    /// Whether nothing is kept back: then nobody needs to ask.
    package var isIdle: Bool { entries.isEmpty }

    /// Those whose last start has failed, by number.
    package func failing(at now: MonotonicTime) -> [Failing] {
        entries.filter { $0.value.failures > 0 }.sorted { $0.key < $1.key }.map { failing($0, $1, now) }
    }

    /// What the last start of the strategy's hosts failed with.
    package func reason(_ strategy: Int) -> String? {
        entries[strategy].flatMap { $0.failures > 0 ? $0.reason : nil }
    }

    /// Whether a step of the strategy may begin.
    package func mayBegin(_ strategy: Int) -> Bool {
        guard let entry = entries[strategy] else { return true }
        return entry.hasIdle || entry.isDue && entry.trying == nil
    }

    package func role(_ strategy: Int, token: UInt64) -> Role {
        guard let entry = entries[strategy] else { return .free }
        return entry.trying == token ? .trial : .waitingOnly
    }

    /// Looks which tries are due.
    mutating func look(at now: MonotonicTime) {
        for strategy in entries.keys where now >= entries[strategy]?.notBefore ?? now {
            entries[strategy]?.isDue = true
        }
    }

    /// A step begins.
    mutating func begin(_ strategy: Int, token: UInt64) {
        guard let entry = entries[strategy], entry.isDue, entry.trying == nil else { return }
        entries[strategy]?.trying = token
    }

    /// A step is over, or waits again.
    mutating func end(_ strategy: Int, token: UInt64, _ conduct: Conduct) {
        guard entries[strategy] != nil else { return }
        if entries[strategy]?.trying == token { entries[strategy]?.trying = nil }
        // It has left its host to the next.
        if conduct == .good { entries[strategy]?.hasIdle = true }
    }

    /// No host of the strategy waits for a step.
    mutating func noneIdle(_ strategy: Int) { entries[strategy]?.hasIdle = false }

    /// A host of the strategy has been started and is ready.
    ///
    /// - Returns: whether the last start before had failed.
    mutating func ready(_ strategy: Int) -> Bool { (entries.removeValue(forKey: strategy)?.failures ?? 0) > 0 }

    /// A host that the step needed could not be started.
    ///
    /// - Returns: how it stands with the strategy; nil where that is known already, from another of several starts that
    ///   were under way at once.
    mutating func failed(_ strategy: Int, token: UInt64, _ reason: String, at now: MonotonicTime) -> Failing? {
        var entry = entries[strategy] ?? Entry(trying: token)
        guard entry.trying == token else { return nil }
        entry.failures += 1
        entry.reason = reason
        entry.notBefore = now.adding(milliseconds: Self.retry.delayMs(afterAttempt: entry.failures) ?? 0)
        entry.isDue = false
        entry.trying = nil
        entries[strategy] = entry
        return failing(strategy, entry, now)
    }

    private func failing(_ strategy: Int, _ entry: Entry, _ now: MonotonicTime) -> Failing {
        let left = entry.isDue ? 0 : max(0, entry.notBefore.milliseconds(since: now)).rounded(.up)
        return Failing(strategy: strategy, failures: entry.failures, retryMs: Int(left), reason: entry.reason)
    }
}
