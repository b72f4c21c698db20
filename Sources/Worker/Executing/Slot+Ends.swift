import Hosting
import Messages
import Scheduling
import System

/// The end of an attempt at a step: what is told of it, and what follows.
extension Slot {
    /// The attempt is over, and its host with it.
    ///
    /// - Parameter isBorrowed: the host is one of an external strategy's. Where it may be lost for the step before, this
    ///   one is not named.
    func lost(_ step: Step, _ end: StepEnd, _ run: StepRun, _ attempt: AttemptEnd, isBorrowed: Bool) {
        let disposition = Disposition.of(attempt, attempt: step.blamelessAttempt)
        // First what is told: once it is put back, another slot may run the step to its end before this thread goes on.
        if let ending = attempt.ending {
            reporter.hostEnded(slot: index, ending, step: step)
        } else {
            reporter.hostLost(slot: index, end, step: isBorrowed && disposition != .publish ? nil : step)
        }
        switch disposition {
        case .publish: finish(step, attempt.ending == .cancelled ? .cancelled : end, run)
        case .again, .abandon: putBack(disposition)
        }
    }

    /// No host has had the step.
    ///
    /// - Parameter ending: the node has ended the one that was to have it.
    func notBegun(_ step: Step, ending: HostEnding? = nil) {
        if let ending { reporter.hostEnded(slot: index, ending, step: step) }
        let disposition = Disposition.of(AttemptEnd(.notBegun, ending: ending), attempt: step.blamelessAttempt)
        // Cancelled while its host was looked for.
        guard disposition != .publish else { return finish(step, .cancelled) }
        putBack(disposition)
    }

    /// The step is run again, or is abandoned where the node does not run it any more.
    private func putBack(_ disposition: Disposition, _ conduct: Conduct = .unknown) {
        let now = MonotonicTime.now()
        let ((settled, wakes), changes) = state.decide {
            ($0.putBack(slot: index, disposition, conduct, at: now), $0.takeChanges())
        }
        if settled == .again(.counted) { reporter.noteRetry() }
        state.wake(wakes)
        reporter.policies.changed(changes)
    }

    /// When a step whose run has failed runs again; nil where this was its last.
    func retry(_ step: Step, _ end: StepEnd, _ run: StepRun) -> Retry? {
        guard let status = end.failedStatus, let rules = reporter.retries[step.strategyIndex], state.mayPublish else {
            return nil
        }
        let place = step.coordinates
        guard
            let delayMs = rules.delayMs(
                after: status, failures: step.failureCount + 1,
                spread: UInt64(bitPattern: place.offset) ^ UInt64(bitPattern: Int64(place.partition)) << 48)
        else { return nil }
        // Nobody would want it any more.
        if let expires = step.request.expiresAt, expires.milliseconds(since: .now()) <= delayMs { return nil }
        guard state.decide({ $0.takeRetry(of: step.strategyIndex) }) else {
            reporter.metrics.noteRetryBudgetSpent(step)
            return nil
        }
        let failure = reporter.failed(step, end, run, againInMs: delayMs)
        return Retry(at: .now().adding(milliseconds: delayMs), after: failure)
    }

    /// The step is over, or this run of it is.
    ///
    /// - Parameter run: nil where it has not begun.
    func finish(_ step: Step, _ end: StepEnd, _ run: StepRun? = nil) {
        if let run, let retry = retry(step, end, run) { return putBack(.again(.later(retry)), end.conduct) }
        var results: [OutgoingMessage] = []
        report(step, end, run ?? StepRun(notBegun: step, at: .now()), with: &results)
        publish(&results)
        let now = MonotonicTime.now()
        let (wakes, changes) = state.decide { ($0.finish(slot: index, end.conduct, at: now), $0.takeChanges()) }
        state.wake(wakes)
        reporter.policies.changed(changes)
    }

    /// - Parameter results: those that go with the step's own, for `publish`.
    func report(_ step: Step, _ end: StepEnd, _ run: StepRun, with results: inout [OutgoingMessage]) {
        if state.mayPublish { reporter.finished(step, end, run, with: &results) }
    }

    /// First the results, then the slot: a drain that sees no step running knows that all results are on their way.
    func publish(_ results: inout [OutgoingMessage]) {
        if state.mayPublish { reporter.publisher.publish(results) }
        results = []
    }
}

extension AttemptEnd {
    init(_ end: StepEnd, after before: Before, hadLeftovers: Bool, ending: HostEnding?) {
        switch end {
        case .answered, .expired, .unstartable, .disabled, .cancelled, .suspended, .unsendable: self.init(.answered)
        case .timedOut: self.init(.timedOut)
        case .refused: self.init(.refused)
        case .babbled: self.init(.babbled)
        case .crashed(let loss): self.init(Kind(loss.kind), isDelivered: loss.requestDelivered)
        }
        self.before = before
        self.hadLeftovers = hadLeftovers
        self.ending = ending
    }
}

extension AttemptEnd.Kind {
    fileprivate init(_ kind: HostLoss.Kind) {
        self =
            switch kind {
            case .exited, .closedInput, .closedOutput, .brokenFrame: .gone
            case .exceeded(let breach) where breach.resource == .memory: .overMemory
            case .wantedLockAmongOthers: .wantedLock
            case .signalled, .frameTooLong, .spokeOutOfTurn, .silent, .unreachable, .exceeded, .ended: .lost
            }
    }
}
