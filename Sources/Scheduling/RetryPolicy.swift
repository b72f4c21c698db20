/// How often a thing is tried again, and how long to wait before: exponential with a ceiling. `RetryRules`, whose
/// retries may meet each other's, adds the jitter.
package struct RetryPolicy: Sendable {
    package let maximumAttempts: Int
    package let firstDelayMs: Int
    package let maximumDelayMs: Int

    package init(maximumAttempts: Int, firstDelayMs: Int, maximumDelayMs: Int) {
        self.maximumAttempts = maximumAttempts
        self.firstDelayMs = firstDelayMs
        self.maximumDelayMs = maximumDelayMs
    }

    /// The wait after the attempt of that number (from 1) failed; nil when it was the last.
    package func delayMs(afterAttempt attempt: Int) -> Int? {
        guard attempt < maximumAttempts else { return nil }
        let doublings = min(max(attempt - 1, 0), 30)
        return min(maximumDelayMs, firstDelayMs << doublings)
    }
}
