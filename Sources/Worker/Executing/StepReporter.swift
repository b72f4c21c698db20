import Hosting
import Messages
import Scheduling

/// Tells the world how steps and hosts end: results, metrics, events, log lines. Slots call it.
final class StepReporter: Sendable {
    let publisher: ResultPublisher
    let events: MetricsPublisher
    let metrics: NodeMetrics
    let errors: RecentErrors
    let log: Log
    /// By strategy.
    let retries: [Int: RetryRules]

    init(
        publisher: ResultPublisher, events: MetricsPublisher, metrics: NodeMetrics, errors: RecentErrors, log: Log,
        retries: [Int: RetryRules]
    ) {
        self.publisher = publisher
        self.events = events
        self.metrics = metrics
        self.errors = errors
        self.log = log
        self.retries = retries
    }

    var policies: PolicyReporter { PolicyReporter(events: events, metrics: metrics, log: log) }

    /// Makes the result of a step, and what else follows from its end.
    ///
    /// - Parameter results: those that are published together; the step's comes to them, or, where the dead-letter topic
    ///   gets the step's request as well, they are published before the two.
    func finished(_ step: Step, _ end: StepEnd, _ run: StepRun, with results: inout [OutgoingMessage]) {
        let result = result(of: step, end, run)
        metrics.ended(step, run)
        if let failure = result.failure {
            errors.note(
                result.status.rawValue, failure.message, strategy: result.strategy, requestID: result.requestID)
        }
        if result.status == .rejected || end.isForReplay || isExhausted(step, end) {
            publisher.publish(results)
            results = []
            publisher.publishRefused(
                result, original: step.request.bytes, token: step.token, headers: step.headers)
        } else {
            results.append(publisher.message(of: result, token: step.token, headers: step.headers))
        }
    }

    /// Whether it has failed as often as it may, where it may more than once.
    private func isExhausted(_ step: Step, _ end: StepEnd) -> Bool {
        guard let status = end.failedStatus else { return false }
        return step.failureCount > 0 || (retries[step.strategyIndex] ?? .never).attempts(status) > 1
    }

    /// Tells of a run that has failed and is followed by another.
    func failed(_ step: Step, _ end: StepEnd, _ run: StepRun, againInMs delayMs: Int) -> FailedAttempt {
        let result = result(of: step, end, run)
        let attempt = FailedAttempt(
            attempt: run.attempt, status: result.status, code: result.failure?.code ?? "",
            message: result.failure?.message ?? "", endedAt: .now())
        metrics.ended(step, run)
        metrics.failed(step, result.status)
        log.line(
            .info, "a run failed, and is followed by another",
            [
                JSONMember("request_id", .string(step.request.requestID)),
                JSONMember("strategy", .string(step.request.strategy)), JSONMember("attempt", .integer(run.attempt)),
                JSONMember("status", .string(result.status.rawValue)), JSONMember("code", .string(attempt.code)),
                JSONMember("reason", .string(attempt.message)), JSONMember("again_in_ms", .integer(delayMs)),
            ] + JSONMember.trace(step.headers))
        return attempt
    }

    private func result(of step: Step, _ end: StepEnd, _ run: StepRun) -> StrategyResult {
        let timing = ResultTiming(arrived: step.arrivedAt, run)
        var result = StrategyResult(
            requestID: step.request.requestID, status: .completed, origin: step.origin, node: publisher.node,
            timing: timing)
        result.type = step.request.type
        result.strategy = step.request.strategy
        result.labels = step.request.labels
        result.attempt = run.attempt
        result.history = step.failures
        result.usage = run.usage
        apply(end, to: &result, step)
        return result
    }

    private func apply(_ end: StepEnd, to result: inout StrategyResult, _ step: Step) {
        switch end {
        case .answered(let reply):
            result.members = reply.members
            result.status = reply.status.resultStatus
            result.failure = reply.problem.map {
                StrategyResult.Failure(
                    code: $0.code, message: $0.message, isRetryable: $0.isRetryable, details: $0.details)
            }
        case .expired:
            let time = step.request.expiresAt?.rfc3339 ?? ""
            fail(&result, .expired, .expired, "the request was wanted until \(time) and had not begun by then")
        case .unstartable(let reason):
            let time = step.request.expiresAt?.rfc3339 ?? ""
            fail(
                &result, .expired, .expired,
                "the request was wanted until \(time), and no host of \(step.request.strategy) could be started by "
                    + "then: \(reason)", isRetryable: true)
        case .disabled:
            let problem = StrategyList.disabledProblem(step.request.strategy)
            fail(&result, .rejected, problem.code, problem.message, isRetryable: problem.isRetryable)
        case .cancelled: fail(&result, .cancelled, .cancelled, "the request was cancelled")
        case .suspended(let retryMs):
            let when = retryMs > 0 ? "it is tried again in \(retryMs) ms" : "a probe is under way"
            fail(
                &result, .failed, .strategySuspended,
                "the strategy \"\(step.request.strategy)\" has crashed every time and is suspended; \(when)",
                isRetryable: true)
        case .timedOut:
            fail(
                &result, .timedOut, .deadlineExceeded,
                "the step was killed at its deadline of \(step.limits.timeoutMs) ms (limits.timeout_ms)")
        case .crashed(let loss):
            if case .exceeded(let breach) = loss.kind { return apply(breach, to: &result, step) }
            fail(&result, .crashed, .hostCrashed, loss.description)
        case .refused(let breach): apply(breach, to: &result, step)
        case .babbled(let problem):
            fail(&result, .crashed, .hostProtocol, "the host's answer is not a reply: \(problem)")
        case .unsendable(let reason):
            fail(&result, .failed, .hostUnavailable, reason, isRetryable: true)
        }
    }

    private func apply(_ breach: LimitBreach, to result: inout StrategyResult, _ step: Step) {
        metrics.breached(step, breach.resource.rawValue)
        let code: RequestProblem.Code = breach.resource == .memory ? .memoryExceeded : .resourceExceeded
        fail(&result, .resourceExceeded, code, breach.description)
    }

    private func fail(
        _ result: inout StrategyResult, _ status: ResultStatus, _ code: RequestProblem.Code, _ message: String,
        isRetryable: Bool = false
    ) {
        result.status = status
        result.failure = StrategyResult.Failure(code: code.rawValue, message: message, isRetryable: isRetryable)
    }

    // MARK: Hosts

    func hostLost(slot: Int, _ loss: HostLoss, step: Step?) {
        hostLost(slot: slot, reason: loss.kind.restartReason, loss.description, step: step)
    }

    /// The host was lost, and an attempt at a step ended so with it.
    func hostLost(slot: Int, _ end: StepEnd, step: Step?) {
        switch end {
        case .timedOut: hostLost(slot: slot, reason: "timed_out", "the step passed its deadline", step: step)
        case .babbled(let problem):
            hostLost(slot: slot, reason: "babbled", "the host's answer is no reply: \(problem)", step: step)
        case .crashed(let loss): hostLost(slot: slot, loss, step: step)
        case .refused(let breach):
            hostLost(slot: slot, reason: "resource_exceeded", breach.description, step: step)
        case .answered, .expired, .unstartable, .disabled, .cancelled, .suspended, .unsendable: break
        }
    }

    /// The node has ended the step's host itself.
    func hostEnded(slot: Int, _ ending: HostEnding, step: Step) {
        switch ending {
        case .deadlock: hostLost(slot: slot, reason: "deadlock", "ended to break a deadlock", step: step)
        case .givenUp:
            hostLost(
                slot: slot, reason: "recycled", "ended for a step of a partition that was given up", step: step)
        case .cancelled:
            hostLost(slot: slot, reason: "recycled", "ended for a step that was cancelled", step: step)
        case .withNode: hostLost(slot: slot, reason: "recycled", "ended with the node", step: step)
        }
    }

    func hostLost(slot: Int, reason: String, _ description: String, step: Step?) {
        metrics.hostLost(reason: reason)
        var details = [
            JSONMember("slot", .integer(slot)), JSONMember("reason", .string(reason)),
            JSONMember("detail", .string(description)),
        ]
        if let step {
            details.append(JSONMember("request_id", .string(step.request.requestID)))
            details.append(JSONMember("strategy", .string(step.request.strategy)))
        }
        if step == nil { errors.note("host_lost", "slot \(slot): \(description)") }
        log.line(.warning, "host lost", details + (step.map { JSONMember.trace($0.headers) } ?? []))
        events.publish(.hostLost, details)
    }

    func hostDidNotStart(slot: Int, _ failure: HostFailure) {
        metrics.hostLost(reason: "start_failed")
        errors.note("host_lost", "slot \(slot): \(failure.description)")
        log.error(
            "a host did not start", JSONMember("slot", .integer(slot)),
            JSONMember("cause", .string(failure.description)))
        events.publish(
            .hostLost,
            [
                JSONMember("slot", .integer(slot)), JSONMember("reason", .string("start_failed")),
                JSONMember("detail", .string(failure.description)),
            ])
    }

    /// Tells of a deadlock that was found, and will be broken by the end of its victim.
    func deadlock(_ deadlock: Deadlock) {
        metrics.noteDeadlock()
        let cycle = deadlock.cycle.map { member in
            JSONValue.object([
                JSONMember("request_id", .string(member.step.request.requestID)),
                JSONMember("strategy", .string(member.step.request.strategy)),
                JSONMember("slot", .integer(member.slot)),
                JSONMember("waits_for", .array(member.waitsFor.map { .string($0) })),
            ])
        }
        let details = [
            JSONMember("cycle", .array(cycle)),
            JSONMember("victim", .string(deadlock.victim.step.request.requestID)),
            JSONMember("attempt", .integer(deadlock.victim.step.attempt)),
        ]
        log.line(.warning, "deadlock: each step waits for the next; the youngest is run again", details)
        events.publish(.deadlock, details)
    }

    func noteRetry() { metrics.noteRetry() }

    /// Logs what the host wrote to its standard error.
    func diagnostics(_ host: Host, step: Step?) {
        for line in host.drainDiagnostics() {
            log.line(
                .info, "host says",
                [JSONMember("line", .string(line)), JSONMember("host", .integer(Int(host.pid)))] + step.logMembers,
                // Who runs strategies that talk much shall still hear the others.
                kind: "host says \(step?.request.strategy ?? "")")
        }
    }
}

extension HostLoss.Kind {
    /// In the words of `optimizer_host_restarts_total`.
    fileprivate var restartReason: String {
        switch self {
        case .exited, .signalled, .closedOutput, .closedInput, .unreachable: "crashed"
        case .frameTooLong, .brokenFrame, .spokeOutOfTurn: "babbled"
        case .silent: "timed_out"
        case .exceeded: "resource_exceeded"
        case .ended, .wantedLockAmongOthers: "recycled"
        }
    }
}

extension HostReply.Status {
    fileprivate var resultStatus: ResultStatus {
        switch self {
        case .completed: .completed
        case .failed: .failed
        case .rejected: .rejected
        }
    }
}
