import Configuration
import Hosting
import Messages
import Scheduling

/// Steps of external strategies: the slot borrows a host for the step. Its own host waits meanwhile.
extension Slot {
    /// A host that was lost while it waited has not had the step: another may have it, but not for ever.
    private static let attempts = 3

    /// Runs one step to its end.
    ///
    /// While it runs, the borrowed host is the one that stands in the shared state: it is measured, and killed with the
    /// node. It is taken out of there before it is reaped.
    func executeExternally(_ step: Step, in hosts: ExternalHosts, own: Host) {
        if let expired = step.request.expiresAt, expired < Timestamp.now() { return finish(step, .expired) }
        do throws(RequestProblem) {
            let request = try ExternalRequest(step.request, hosts.strategy.descriptor)
            var attempt = 1
            while !run(step, request, in: hosts, own: own, attempt: attempt) { attempt += 1 }
        } catch {
            finish(step, .unavailable(error.message))
        }
    }

    /// Returns false where another host may have the step.
    private func run(
        _ step: Step, _ request: ExternalRequest, in hosts: ExternalHosts, own: Host, attempt: Int
    ) -> Bool {
        let host: Host
        let isNew: Bool
        do throws(HostFailure) {
            (host, isNew) = try hosts.borrow(new: attempt > 1) { state.setHost($0, of: index) }
        } catch {
            state.setHost(own.pid, of: index)
            finish(step, .unavailable("no host of \(hosts.strategy.name) could be started: \(error)"))
            return true
        }
        reporter.listen(to: host, strategy: hosts.strategy.name, step: step)
        let started = MonotonicTime.now()
        let outcome = host.run(request.line, deadline: started.adding(milliseconds: step.limits.timeoutMs))
        let run = StepRun(started: started, ended: .now(), attempt: attempt, usage: ResultUsage(host.usage))
        reporter.diagnostics(host, step: step)
        state.setHost(own.pid, of: index)
        let end = StepEnd(outcome, step, request)
        if case .answered = end {
            hosts.giveBack(host)
        } else {
            hosts.discard(host)
            let isAnothersFault = attempt < Self.attempts && end.mayBeOfTheStepBefore(isNew: isNew)
            report(end, isAnothersFault ? nil : step)
            if isAnothersFault {
                reporter.noteRetry()
                return false
            }
        }
        finish(step, end, run)
        return true
    }

    private func report(_ end: StepEnd, _ step: Step?) {
        switch end {
        case .timedOut:
            reporter.hostLost(slot: index, reason: "timed_out", "the step passed its deadline", step: step)
        case .babbled(let problem):
            reporter.hostLost(
                slot: index, reason: "babbled", "the host's answer is no reply: \(problem)", step: step)
        case .crashed(let loss): reporter.hostLost(slot: index, loss, step: step)
        default: break
        }
    }
}

extension StepEnd {
    fileprivate init(_ outcome: StepOutcome, _ step: Step, _ request: ExternalRequest) {
        switch outcome {
        case .answered(let line): self = Self.reading(line, step.request.requestID, request)
        case .timedOut: self = .timedOut
        case .lost(let loss): self = .crashed(loss)
        }
    }

    private static func reading(_ line: [UInt8], _ requestID: String, _ request: ExternalRequest) -> StepEnd {
        do throws(JSONProblem) {
            let reply = try HostReply.parse(line, strategy: request.strategy)
            if reply.requestID == requestID { return .answered(reply) }
            guard let answered = reply.requestID else { return .babbled("it has no \"request_id\"") }
            return .babbled("it answers the request \"\(answered.prefix(100))\"")
        } catch {
            return .babbled("\(error)")
        }
    }

    /// Whether the host may have been lost for what it did in the step before: it had not got this one, or it had
    /// answered that one and then spoken again or gone, too late to be seen. A new host has no step before.
    fileprivate func mayBeOfTheStepBefore(isNew: Bool) -> Bool {
        switch self {
        case .babbled: return !isNew
        case .crashed(let loss):
            guard loss.requestDelivered else { return true }
            return switch loss.kind {
            case .exited, .closedInput, .closedOutput, .brokenFrame: !isNew
            default: false
            }
        default: return false
        }
    }
}
