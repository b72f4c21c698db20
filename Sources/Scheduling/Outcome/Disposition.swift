/// What follows from the end of an attempt at a step. This is the one place that says whether a step runs again.
package enum Disposition: Sendable, Equatable {
    /// Its end is its result.
    case publish
    /// This node runs it once more.
    case again(Again)
    /// It is not run here any more and has no result: its offset stays not done.
    case abandon

    package enum Again: Sendable, Equatable {
        /// It has been tried: the next attempt has the next number.
        case counted
        /// It has not begun: the attempt keeps its number.
        case uncounted
        /// The same; and from now on nothing is written behind a step of its strategy.
        case alone
        /// It has failed, and is tried again when its time has come.
        case later(Retry)
    }

    /// What an attempt's end asks for. Never `abandon`: whether the node still runs the step is known only under the lock
    /// of what the slots share, when it is put back (`here`).
    ///
    /// - Parameters:
    ///   - attempt: which one it was, from 1.
    ///   - policy: how many there may be where it is not certain whose fault the end was.
    package static func of(_ end: AttemptEnd, attempt: Int, policy: RetryPolicy = .attempts) -> Disposition {
        if end.kind == .answered { return .publish }
        if end.ending == .cancelled { return .publish }
        // The node's own doing, however often: it says nothing of the step.
        if end.ending != nil { return .again(.counted) }
        if end.kind == .notBegun { return .again(.uncounted) }
        if end.kind == .wantedLock { return .again(.alone) }
        // What the steps before it have done may be what the host was lost for: another one may have it.
        let mayTryAgain = policy.delayMs(afterAttempt: attempt) != nil
        return mayTryAgain && end.mayBeOfStepsBefore ? .again(.counted) : .publish
    }

    /// The same where the step is put back: what would run again is abandoned where the node runs it no more.
    ///
    /// - Parameter isOver: the node stops, or has given the step's partition up.
    func here(isOver: Bool) -> Disposition {
        if case .again = self, isOver { return .abandon }
        return self
    }
}

extension RetryPolicy {
    /// How often a step is tried where its host was lost and it may not be to blame.
    package static let attempts = RetryPolicy(maximumAttempts: 3, firstDelayMs: 0, maximumDelayMs: 0)
}
