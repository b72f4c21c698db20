import Configuration
import Hosting
import Messages
import Scheduling
import Synchronization
import System

/// Steps on the slot's own host, or on one that it has borrowed: one, and behind it those that are written ahead.
extension Slot {
    /// Steps that the host has, and what is not told to the shared state yet.
    struct Pipeline {
        /// In the order in which the host runs them.
        var steps: [Step]
        /// The strategy's, where it is no built-in one.
        var borrowed: BorrowedHost?
        /// What a borrowed host gets of each of the steps that have been written to it.
        var requests: [ExternalRequest] = []
        /// How many of them have been answered, and how long each took. They are told together: the lock is wanted by
        /// all slots.
        var answeredNanoseconds: [Int64] = []
        /// The results of what has been answered: they are published together, before that is told.
        var results: [OutgoingMessage] = []
        /// By place among them, those that are tried again.
        var retries: [Int: Retry] = [:]
        /// Whether the first of them was written ahead of its time, behind others.
        var isBehind = false
        /// Others run what was written behind the last of them; the host has it still.
        var isTakenBack = false

        var answered: Int { answeredNanoseconds.count }
        /// The step that the host runs.
        var running: Step { steps[answered] }
        var isDone: Bool { answered == steps.count }
        var hasBehind: Bool { answered + 1 < steps.count }

        init(_ steps: [Step], on borrowed: BorrowedHost? = nil) {
            self.steps = steps
            self.borrowed = borrowed
        }

        /// What the host has answered has been told; these steps come to those that it has.
        mutating func goOn(with more: [Step]) {
            steps = steps[answered...] + more
            requests.removeFirst(min(answered, requests.count))
            answeredNanoseconds = []
            retries = [:]
            isBehind = true
        }
    }

    /// Runs a step and those behind it, and what may follow them, to their ends, or until they have to be run again.
    ///
    /// - Returns: false when the host is of no more use.
    func execute(_ step: Step, ahead: [Step], on host: Host) -> Bool {
        if let expired = step.request.expiresAt, expired < Timestamp.now() {
            finish(step, .expired)
            return true
        }
        // A step does not pay for what others have left in the host: it gets a new one.
        if host.isUnfit(for: step) {
            reporter.metrics.hostLost(reason: "recycled")
            notBegun(step)
            return false
        }
        return run(Pipeline([step] + ahead), on: host)
    }

    /// - Returns: false when the host is of no more use.
    func run(_ pipeline: Pipeline, on host: Host) -> Bool {
        var pipeline = pipeline
        var unwritten = pipeline.steps
        // The host goes on while what it has answered is traded, but its next step is told after that: time counts once.
        var tradedUntil = MonotonicTime(nanoseconds: 0)
        while !pipeline.isDone {
            if let loss = write(unwritten, of: &pipeline, to: host) {
                end(&pipeline, .lost(loss), on: host)
                return false
            }
            var now = MonotonicTime.now()
            // What has been answered already needs no waiting for, nor the clock.
            repeat {
                let step = pipeline.running
                if let name = pipeline.borrowed?.hosts.strategy.name {
                    reporter.listen(to: host, strategy: name, step: step)
                }
                let late = pipeline.hasBehind ? now.adding(milliseconds: WriteAhead.longestWaitMs) : nil
                let outcome = host.awaitNext(until: now.adding(milliseconds: step.limits.timeoutMs), late: late) {
                    takeBack(&pipeline)
                }
                reporter.diagnostics(host, step: step)
                guard case .answered(let payload) = outcome, let answer = pipeline.reply(payload) else {
                    end(&pipeline, outcome, on: host)
                    return false
                }
                var stepEnd = StepEnd.answered(answer)
                var run = StepRun(of: host, attempt: step.attempt)
                let began = max(run.started, tradedUntil)
                if let borrowed = pipeline.borrowed, !answer.orders.isEmpty {
                    publish(&pipeline.results)
                    let deadline = now.adding(milliseconds: step.limits.timeoutMs)
                    let strategy = pipeline.requests[pipeline.answered].strategy
                    borrowed.hosts.noteOrders()
                    // It goes on to what was taken back, which others run, as long as it lives.
                    if pipeline.isTakenBack { discard(host, of: borrowed) }
                    let (trading, both) = trade(
                        answer, of: step, strategy: strategy, on: borrowed.own, after: run, until: deadline)
                    run = both
                    tradedUntil = both.ended
                    now = .now()
                    if !pipeline.isTakenBack { state.setHost(host.pid, of: index) }
                    switch trading {
                    case .ended(let end): stepEnd = end
                    case .lost(let end):
                        self.end(&pipeline, outcome, on: host, lostOwn: (end, both))
                        return false
                    }
                    // Who has ended the step behind this one meanwhile has found the own host in the place of its own.
                    if !pipeline.isTakenBack, state.ending(of: index) != nil { state.killHosts(of: [index]) }
                }
                if let retry = retry(step, stepEnd, run) {
                    pipeline.retries[pipeline.answered] = retry
                } else {
                    report(step, stepEnd, run, with: &pipeline.results)
                }
                pipeline.answeredNanoseconds.append(max(0, run.ended.nanoseconds(since: began)))
            } while !pipeline.isDone && host.hasReply
            // It goes on to what was taken back, which others run: it is dead before the end of the step lets them.
            if pipeline.isTakenBack, let borrowed = pipeline.borrowed { discard(host, of: borrowed) }
            unwritten = settle(&pipeline, on: host)
        }
        // What was taken back lies in its pipe.
        if pipeline.isTakenBack { reporter.metrics.hostLost(reason: "recycled") }
        return !pipeline.isTakenBack
    }

    /// Ends a borrowed host; a second call changes nothing. The own one stands in the shared state before it is reaped.
    private func discard(_ host: Host, of borrowed: BorrowedHost) {
        state.setHost(borrowed.ownPID, of: index)
        borrowed.hosts.discard(host)
    }

    /// The step that runs takes its time: the others do not wait for it.
    private func takeBack(_ pipeline: inout Pipeline) {
        pipeline.steps.removeSubrange((pipeline.answered + 1)...)
        pipeline.isTakenBack = true
        state.wake(state.decide { $0.takeBack(slot: index) })
    }

    /// Writes steps to the host.
    /// - Returns: how it was lost, if it was.
    private func write(_ steps: [Step], of pipeline: inout Pipeline, to host: Host) -> HostLoss? {
        guard let first = steps.first else { return nil }
        addDelay(runDelay.withLock { $0.begin(first.strategyIndex, on: host.pid, at: .now()) })
        guard let strategy = pipeline.borrowed?.hosts.strategy else {
            let payloads = steps.map { step in
                host.takesFrames ? StepFrame.payload(of: step.request, token: step.token) : step.request.bytes
            }
            return host.submit(payloads, limits: first.limits)
        }
        let requests = steps.map { ExternalRequest(accepted: $0.request, strategy.descriptor) }
        pipeline.requests += requests
        host.steps += requests.count
        return host.submit(requests.map(\.line), limits: first.limits)
    }

    /// Tells the shared state what has been answered.
    /// - Returns: steps to be written to the host. While it has many, none: many in one write are what makes them cheap.
    private func settle(_ pipeline: inout Pipeline, on host: Host, isLost: Bool = false) -> [Step] {
        guard pipeline.answered > 0 else { return [] }
        publish(&pipeline.results)
        let now = MonotonicTime.now()
        addDelay(runDelay.withLock { $0.endStep(at: now) })
        let mayTakeMore =
            !isLost && !pipeline.isTakenBack && host.framesUnderWay <= ServiceTimes.mostUnderWay / 2
            && !host.isTooFull(for: pipeline.steps[0].limits)
            && pipeline.borrowed?.mayWriteAhead(to: host, pipeline.steps[0].limits) ?? true
        let ((more, wakes), changes) = state.decide { [pipeline] dispatcher in
            (
                dispatcher.finishAnswered(
                    slot: index, tookNanoseconds: pipeline.answeredNanoseconds, retries: pipeline.retries,
                    mayTakeMore: mayTakeMore, at: now),
                dispatcher.takeChanges()
            )
        }
        state.wake(wakes)
        if wakes.endsHost { state.killHosts(of: [index]) }
        reporter.policies.changed(changes)
        pipeline.goOn(with: more)
        return more
    }

    /// The step that the host runs has ended badly, and the host with it.
    ///
    /// - Parameter lostOwn: it has answered well, and what it answered was lost with the slot's own host.
    private func end(
        _ pipeline: inout Pipeline, _ outcome: StepOutcome, on host: Host, lostOwn: (end: StepEnd, run: StepRun)? = nil
    ) {
        let step = pipeline.running
        let wasAhead = pipeline.isBehind || pipeline.answered > 0
        let failed = pipeline.end(outcome)
        _ = settle(&pipeline, on: host, isLost: true)
        let run = StepRun(of: host, attempt: step.attempt)
        // Dead before what it holds goes to the next: it may still be at work on what a lock protects, or take any frame
        // for a grant.
        if let borrowed = pipeline.borrowed {
            discard(host, of: borrowed)
        } else if outcome.wantedLock || state.decide({ $0.holdsLocks(slot: index) }) {
            discard(host)
        }
        if let (end, run) = lostOwn, let own = pipeline.borrowed?.own {
            return lost(step, end, run, attempt(end, on: own, step), isBorrowed: false)
        }
        guard let end = failed else { return }
        // What was heard of the host before its kill, or not in time, is the step's own doing.
        let mayBeEnded = if case .crashed = end { true } else { pipeline.borrowed != nil }
        let ending = mayBeEnded ? state.ending(of: index) : nil
        let attempt = AttemptEnd(
            end, after: wasAhead ? .underWay : pipeline.hadAnswered(before: outcome) ? .answered : .nothing,
            hadLeftovers: host.hadLeftovers(for: step.limits), ending: ending)
        lost(step, end, run, attempt, isBorrowed: pipeline.borrowed != nil)
    }
}

extension Host {
    /// Whether what others have left in it would be the step's loss. What was lost once gets a host that nothing has been
    /// left in.
    func isUnfit(for step: Step) -> Bool {
        isTooFull(for: step.limits) || step.mayHaveLostItsHost && hasLeftovers(for: step.limits)
    }
}

extension Slot.Pipeline {
    /// What is answered of the step that runs; nil where that is no good answer.
    fileprivate func reply(_ payload: [UInt8]) -> HostReply? {
        guard borrowed != nil else { return try? HostReply.parse(payload, ofStep: running.token, running.request) }
        guard case .answered(let reply) = StepEnd.reading(payload, running, requests[answered]) else { return nil }
        return reply
    }

    /// How the step that runs has ended, and the host with it; nil where the outcome is a good answer.
    fileprivate func end(_ outcome: StepOutcome) -> StepEnd? {
        guard borrowed != nil else { return StepEnd(failed: outcome, of: running) }
        return StepEnd(outcome, running, requests[answered])
    }

    /// Whether the host may be lost for steps that it had answered before these were written.
    fileprivate func hadAnswered(before outcome: StepOutcome) -> Bool {
        borrowed.map { !$0.isNew } ?? outcome.isOfAnotherStep(than: running)
    }
}

extension StepEnd {
    /// nil where the outcome is a good answer.
    fileprivate init?(failed outcome: StepOutcome, of step: Step) {
        switch outcome {
        case .answered(let payload):
            do throws(JSONProblem) {
                _ = try HostReply.parse(payload, ofStep: step.token, step.request)
                return nil
            } catch {
                self = .babbled("\(error)")
            }
        case .timedOut: self = .timedOut
        case .lost(let loss): self = .crashed(loss)
        }
    }
}

extension StepOutcome {
    /// A step that was answered twice may have been so too late to be seen before this one was sent: that is not this one's
    /// doing.
    fileprivate func isOfAnotherStep(than step: Step) -> Bool {
        guard case .answered(let payload) = self else { return false }
        return HostReply.isOfAnotherStep(payload, than: step.token, step.request)
    }

    fileprivate var wantedLock: Bool {
        if case .lost(let loss) = self { loss.kind == .wantedLockAmongOthers } else { false }
    }
}
