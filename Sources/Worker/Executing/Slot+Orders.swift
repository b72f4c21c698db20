import Hosting
import Messages
import Scheduling
import System

/// Orders that an external strategy's host has answered with: the slot's own host trades them, within the step's limits
/// and what is left of its time. What strangers wrote is read, and market data mapped, in no other process.
extension Slot {
    enum Trading {
        /// The step has ended so; the own host is well.
        case ended(StepEnd)
        /// And the own host has been lost with it, and is ended.
        case lost(StepEnd)
    }

    /// Has the own host trade them. It stands in the shared state meanwhile, and afterwards unless it is lost.
    ///
    /// - Parameters:
    ///   - strategy: the `strategy` member of the result, JSON text.
    ///   - run: of the host that has answered.
    /// - Returns: also the run of both hosts together.
    func trade(
        _ reply: HostReply, of step: Step, strategy: [UInt8], on own: Host, after run: StepRun,
        until deadline: MonotonicTime
    ) -> (Trading, StepRun) {
        guard own.takesFrames else {
            let words = "the program optimizer-host is of another build than the node, and trades no positions"
            return (.ended(.unsendable(words)), run)
        }
        let frame = StepFrame.payload(of: step.request, token: step.token, orders: reply.orders)
        guard frame.count <= HostFraming.maximumPayload else {
            let problem = RequestProblem(
                .resultTooLarge,
                "the answer has \(reply.orders.count) bytes and the request \(step.request.bytes.count), together at most "
                    + "\(HostFraming.maximumPayload) for the engine; give signals, which are shorter")
            return (.ended(.answered(HostReply(problem, strategy: strategy))), run)
        }
        state.setHost(own.pid, of: index)
        // Who has ended the step's host before this has found the other one in its place.
        if state.ending(of: index) != nil { state.killHosts(of: [index]) }
        let outcome = own.run(frame, deadline: deadline, limits: step.limits)
        reporter.diagnostics(own, step: step)
        let both = StepRun(run, then: own)
        let end: StepEnd
        switch outcome {
        case .answered(let payload):
            do throws(JSONProblem) {
                let traded = try HostReply.parse(payload, ofStep: step.token, step.request)
                return (.ended(.answered(traded.named(strategy))), both)
            } catch {
                end = .babbled("\(error)")
            }
        case .timedOut: end = .timedOut
        case .lost(let loss): end = .crashed(loss)
        }
        discard(own)
        return (.lost(end), both)
    }

    /// Ends a step with what comes of its orders.
    func finish(
        _ step: Step, trading reply: HostReply, strategy: [UInt8], on own: Host, after run: StepRun
    ) {
        let deadline = run.started.adding(milliseconds: step.limits.timeoutMs)
        let (trading, both) = trade(reply, of: step, strategy: strategy, on: own, after: run, until: deadline)
        switch trading {
        case .ended(let end): finish(step, end, both)
        case .lost(let end): lost(step, end, both, attempt(end, on: own, step), isBorrowed: false)
        }
    }

    /// How an attempt has ended with the own host.
    func attempt(_ end: StepEnd, on own: Host, _ step: Step) -> AttemptEnd {
        AttemptEnd(
            end, after: .nothing, hadLeftovers: own.hadLeftovers(for: step.limits), ending: state.ending(of: index))
    }
}

extension StepRun {
    /// A run that went on in a second host.
    init(_ first: StepRun, then host: Host) {
        let second = ResultUsage(host.usage)
        self.init(
            started: first.started, ended: max(first.ended, host.span.ended), attempt: first.attempt,
            usage: first.usage?.adding(second) ?? second)
    }
}
