package import Messages

/// How often a step is run because of how it ends, and how long it waits before it is run again.
///
/// Beside it `Disposition` lets a step run again that was lost for what others did: that is counted in its attempts, and
/// is none of its failures.
package struct RetryRules: Equatable, Sendable {
    /// Runs that may end so, the last among them: 1 is never again. Failures of whatever kind count together.
    ///
    /// Only where the strategy says that it may come out otherwise.
    package var failed: Int
    package var crashed: Int
    package var timedOut: Int
    package var resourceExceeded: Int
    package var firstDelayMs: Int
    package var maximumDelayMs: Int

    package init(
        failed: Int = 3, crashed: Int = 3, timedOut: Int = 1, resourceExceeded: Int = 1, firstDelayMs: Int = 100,
        maximumDelayMs: Int = 10_000
    ) {
        self.failed = failed
        self.crashed = crashed
        self.timedOut = timedOut
        self.resourceExceeded = resourceExceeded
        self.firstDelayMs = firstDelayMs
        self.maximumDelayMs = maximumDelayMs
    }

    /// No step is run again for how it ends.
    package static let never = RetryRules(failed: 1, crashed: 1)

    /// How many runs may end with this status, the last among them.
    package func attempts(_ status: ResultStatus) -> Int {
        switch status {
        case .failed: failed
        case .crashed: crashed
        case .timedOut: timedOut
        case .resourceExceeded: resourceExceeded
        case .completed, .rejected, .expired, .cancelled: 1
        }
    }

    /// How long the step waits for its next run: twice as long each time, less up to a half of it, so that those that
    /// failed together do not come back together.
    ///
    /// - Parameters:
    ///   - failures: how many of its runs have failed, this one among them.
    ///   - spread: any number of the step's own.
    /// - Returns: in milliseconds; nil where its end is its result.
    package func delayMs(after status: ResultStatus, failures: Int, spread: UInt64) -> Int? {
        let policy = RetryPolicy(
            maximumAttempts: attempts(status), firstDelayMs: firstDelayMs, maximumDelayMs: maximumDelayMs)
        guard let delay = policy.delayMs(afterAttempt: failures) else { return nil }
        // The finalizer of splitmix64 (Steele, Lea, Flood 2014): each bit of what goes in changes half of what comes out.
        var mixed = (spread &+ UInt64(failures)) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return delay - Int((mixed ^ mixed >> 31) % UInt64(delay / 2 + 1))
    }
}

/// What is known of a step that has failed and is tried again.
package struct Retry: Equatable, Sendable {
    /// When.
    package let due: MonotonicTime
    package let failure: FailedAttempt

    package init(at due: MonotonicTime, after failure: FailedAttempt) {
        self.due = due
        self.failure = failure
    }
}

/// How many retries a strategy still has: a share of its steps, so that one which always fails does not double the load,
/// and some at once.
package struct RetryBudget: Sendable {
    /// So many may be taken that no step has brought.
    package static let reserve = 10

    private let percent: Int
    /// By strategy, hundredths of retries that are taken of the reserve and not yet brought back. Nobody else's costs
    /// anything.
    private var taken: [Int: Int] = [:]

    /// - Parameter percent: of a strategy's steps.
    package init(percent: Int = 10) { self.percent = percent }

    /// A step of the strategy has its result.
    package mutating func noteResult(_ strategy: Int) {
        guard !taken.isEmpty, let amount = taken[strategy] else { return }
        taken[strategy] = amount > percent ? amount - percent : nil
    }

    /// - Returns: false where there is none left.
    package mutating func take(_ strategy: Int) -> Bool {
        let amount = taken[strategy, default: 0]
        guard amount + 100 <= Self.reserve * 100 else { return false }
        taken[strategy] = amount + 100
        return true
    }
}
