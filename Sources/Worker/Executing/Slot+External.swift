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
            for attempt in 1...Self.attempts {
                if run(step, request, in: hosts, own: own, attempt: attempt) { return }
            }
        } catch {
            finish(step, .unavailable(error.message))
        }
    }

    /// Returns false where the step has not begun and another host may have it.
    private func run(
        _ step: Step, _ request: ExternalRequest, in hosts: ExternalHosts, own: Host, attempt: Int
    ) -> Bool {
        let host: Host
        do throws(HostFailure) {
            host = try hosts.borrow { state.setHost($0, of: index) }
        } catch {
            state.setHost(own.pid, of: index)
            finish(step, .unavailable("no host of \(hosts.strategy.name) could be started: \(error)"))
            return true
        }
        host.arbiter = locks
        reporter.listen(to: host, strategy: hosts.strategy.name, step: step)
        let (outcome, run) = self.run(request.line, of: step, on: host, attempt: step.attempt + attempt - 1)
        reporter.diagnostics(host, step: step)
        state.setHost(own.pid, of: index)
        let end = StepEnd(outcome, step, request)
        host.arbiter = nil
        if case .answered = end {
            hosts.giveBack(host)
        } else {
            // Dead before what it holds goes to the next: it may still be at work on what a lock protects.
            hosts.discard(host)
            if isVictim {
                requeueVictim(step)
                return true
            }
            if let loss = outcome.loss, !loss.requestDelivered, attempt < Self.attempts {
                reporter.hostLost(slot: index, loss, step: nil)
                reporter.noteRetry()
                return false
            }
            report(end, step)
        }
        finish(step, end, run)
        return true
    }

    private func report(_ end: StepEnd, _ step: Step) {
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
        case .answered(let line):
            do throws(JSONProblem) {
                let reply = try HostReply.parse(line, strategy: request.strategy)
                if let answered = reply.requestID, answered != step.request.requestID {
                    self = .babbled("it answers the request \"\(answered.prefix(100))\"")
                } else {
                    self = .answered(reply)
                }
            } catch {
                self = .babbled("\(error)")
            }
        case .timedOut: self = .timedOut
        case .lost(let loss): self = .crashed(loss)
        }
    }
}

extension StepOutcome {
    fileprivate var loss: HostLoss? {
        if case .lost(let loss) = self { loss } else { nil }
    }
}
