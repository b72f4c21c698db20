import Messages
import Scheduling
import System

/// What a host says while its step runs: demands for locks, until the reply comes.
extension Host {
    /// Waits for the reply, and has the arbiter answer what the host asks for until then.
    func awaitResult(until deadline: MonotonicTime, late: MonotonicTime?, onLate: () -> Void) -> StepOutcome {
        while true {
            let outcome = awaitReply(until: deadline, late: late, onLate: onLate)
            guard case .answered(let payload) = outcome, let arbiter, !ReplyFrame.isFrame(payload) else {
                return outcome
            }
            do throws(JSONProblem) {
                guard let demand = try LockDemand.parse(payload) else { return outcome }
                if isPipelined { return .lost(lose(.wantedLockAmongOthers)) }
                if let ended = answer(demand, arbiter, until: deadline) { return ended }
            } catch {
                return .lost(lose(.brokenFrame("a demand for locks that is none: \(error)")))
            }
        }
    }

    /// nil: the step goes on.
    private func answer(_ demand: LockDemand, _ arbiter: any LockArbiter, until: MonotonicTime) -> StepOutcome? {
        switch demand {
        case .unlock(let names):
            arbiter.release(names)
            return nil
        case .lock(let names):
            if let ended = awaitGrant(arbiter.demand(names), arbiter, until: until) { return ended }
            return answerDemand(LockDemand.granted(names)).map { .lost(lose($0)) }
        }
    }

    /// Waits until the demand is granted (nil), or the step has ended otherwise. The host waits, too: what it says
    /// meanwhile, nobody has asked for.
    private func awaitGrant(
        _ first: LockVerdict, _ arbiter: any LockArbiter, until: MonotonicTime
    ) -> StepOutcome? {
        var verdict = first
        while true {
            switch verdict {
            case .granted: return nil
            case .broken: return .lost(lose(.ended))
            case .refused(let why): return .lost(lose(.brokenFrame(why)))
            case .waits: break
            }
            if let kind = lossUnlessSilent() { return .lost(lose(kind)) }
            guard until.nanosecondsLeft() > 0 else { return .timedOut }
            let ready = ReadyDescriptors.wait(
                output: process.output, errors: errorsOpen ? process.errors : -1, process: process.handle.descriptor,
                wake: arbiter.wake.descriptor, until: until)
            if ready.contains(.errors) { receiveErrors() }
            // Its output first, so that a host that spoke and died is known for having spoken.
            if ready.contains(.process) { return .lost(lose(lossUnlessSilent() ?? endingKind())) }
            if ready.contains(.wake) {
                arbiter.wake.drain()
                verdict = arbiter.verdict()
            }
        }
    }
}
