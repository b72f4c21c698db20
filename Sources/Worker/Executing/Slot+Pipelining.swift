import Hosting
import Messages
import Scheduling
import Synchronization
import System

/// Steps on the slot's own host: one, and behind it those that are written ahead.
extension Slot {
    /// Steps that the host has, and what is not told to the shared state yet.
    private struct Pipeline {
        /// In the order in which the host runs them.
        var steps: [Step]
        /// How many of them have been answered, and how long each took. They are told together: the lock is wanted by
        /// all slots.
        var answeredNanoseconds: [Int64] = []
        /// Whether the first of them was written ahead of its time, behind others.
        var isBehind = false

        var answered: Int { answeredNanoseconds.count }
        /// The step that the host runs.
        var running: Step { steps[answered] }
        var isDone: Bool { answered == steps.count }
    }

    /// Runs a step and those behind it, and what may follow them, to their ends, or until they have to be run again.
    ///
    /// - Returns: false when the host is of no more use.
    func execute(_ step: Step, ahead: [Step], on host: Host) -> Bool {
        if let expired = step.request.expiresAt, expired < Timestamp.now() {
            finish(step, .expired)
            return true
        }
        // A step does not pay for what others have left in the host: it gets a new one. What was lost once gets one that
        // nothing has been left in.
        if host.isTooFull(for: step.limits) || step.attempt > 1 && host.hasLeftovers(for: step.limits) {
            reporter.metrics.hostLost(reason: "recycled")
            requeue(isAttempt: false)
            return false
        }
        return run(Pipeline(steps: [step] + ahead), on: host)
    }

    private func run(_ pipeline: Pipeline, on host: Host) -> Bool {
        var pipeline = pipeline
        var unwritten = pipeline.steps
        while !pipeline.isDone {
            if let loss = write(unwritten, to: host) {
                end(&pipeline, .lost(loss), on: host)
                return false
            }
            // What has been answered already needs no waiting for.
            repeat {
                let step = pipeline.running
                let outcome = host.awaitNext(until: .now().adding(milliseconds: step.limits.timeoutMs))
                reporter.diagnostics(host, step: step)
                guard case .answered(let reply) = outcome,
                    case .success(let answer) = HostReply.reading(reply, of: step)
                else {
                    end(&pipeline, outcome, on: host)
                    return false
                }
                let run = StepRun(of: host, attempt: step.attempt)
                report(step, .answered(answer), run)
                pipeline.answeredNanoseconds.append(run.ended.nanoseconds(since: run.started))
            } while !pipeline.isDone && host.hasReply
            unwritten = settle(&pipeline, on: host)
        }
        return true
    }

    /// Writes steps to the host.
    /// - Returns: how it was lost, if it was.
    private func write(_ steps: [Step], to host: Host) -> HostLoss? {
        guard let first = steps.first else { return nil }
        addDelay(runDelay.withLock { $0.begin(first.strategyIndex, on: host.pid, at: .now()) })
        return host.submit(steps.map(\.request.bytes), limits: first.limits)
    }

    /// Tells the shared state what has been answered.
    /// - Returns: steps to be written to the host. While it has many, none: many in one write are what makes them cheap.
    private func settle(_ pipeline: inout Pipeline, on host: Host, isLost: Bool = false) -> [Step] {
        guard pipeline.answered > 0 else { return [] }
        let now = MonotonicTime.now()
        addDelay(runDelay.withLock { $0.endStep(at: now) })
        let mayTakeMore =
            !isLost && host.framesUnderWay <= ServiceTimes.mostUnderWay / 2
            && !host.isTooFull(for: pipeline.steps[0].limits)
        let ((more, wakes), changes, isDrainAwaited) = state.decide { [pipeline] manager in
            (
                manager.finishAnswered(
                    slot: index, tookNanoseconds: pipeline.answeredNanoseconds, mayTakeMore: mayTakeMore, at: now),
                manager.takeChanges(), manager.isDrainAwaited
            )
        }
        wake(wakes)
        reporter.policies.changed(changes)
        if isDrainAwaited { state.consumerWake.signal() }
        pipeline = Pipeline(steps: pipeline.steps[pipeline.answered...] + more, isBehind: true)
        return more
    }

    /// The step that the host runs has ended badly, and the host with it.
    private func end(_ pipeline: inout Pipeline, _ outcome: StepOutcome, on host: Host) {
        let step = pipeline.running
        let wasAhead = pipeline.isBehind || pipeline.answered > 0
        _ = settle(&pipeline, on: host, isLost: true)
        let run = StepRun(of: host, attempt: step.attempt)
        // Dead before what it holds goes to the next: it may still be at work on what a lock protects, or take any frame
        // for a grant.
        if outcome.wantedLock || state.decide({ $0.holdsLocks(slot: index) }) { discard(host) }
        switch outcome {
        case .answered(let reply): babbled(step, reply, run, wasAhead: wasAhead)
        case .timedOut:
            reporter.hostLost(slot: index, reason: "timed_out", "the step passed its deadline", step: step)
            finish(step, .timedOut, run)
        case .lost(let loss):
            let isOfStepsBefore = wasAhead || loss.isForMemory && host.hadLeftovers(for: step.limits)
            lost(step, loss, run, mayBeOfStepsBefore: isOfStepsBefore)
        }
    }

    private func babbled(_ step: Step, _ reply: [UInt8], _ run: StepRun, wasAhead: Bool) {
        guard case .failure(let problem) = HostReply.reading(reply, of: step) else { return }
        reporter.hostLost(slot: index, reason: "babbled", "the host's answer is no reply: \(problem)", step: step)
        // It may be one reply too many to the step before.
        if wasAhead, mayRunAgain(step) { return requeue() }
        finish(step, .babbled("\(problem)"), run)
    }

    private func lost(_ step: Step, _ loss: HostLoss, _ run: StepRun, mayBeOfStepsBefore: Bool) {
        if isVictim { return requeueVictim(step) }
        if isEnded { return requeueEnded(step) }
        reporter.hostLost(slot: index, loss, step: step)
        if case .wantedLockAmongOthers = loss.kind {
            state.decide { $0.noteTakesLocks(step) }
            return requeue(isAttempt: false)
        }
        // What the steps before it have done may be what the host was lost for: it has one more try, with none before it.
        if !loss.requestDelivered || mayBeOfStepsBefore, mayRunAgain(step) { return requeue() }
        finish(step, .crashed(loss), run)
    }

    private func mayRunAgain(_ step: Step) -> Bool { Self.stepRetry.delayMs(afterAttempt: step.attempt) != nil }
}

extension StepOutcome {
    fileprivate var wantedLock: Bool {
        if case .lost(let loss) = self { loss.kind == .wantedLockAmongOthers } else { false }
    }
}
