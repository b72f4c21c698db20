import Configuration
import Hosting
import Messages
import Scheduling
import System

/// Steps of external strategies: the slot borrows a host for the step. Its own host waits meanwhile.
extension Slot {
    /// Runs one step to its end, or until it has to be run again.
    ///
    /// While it runs, the borrowed host is the one that stands in the shared state: it is measured, and killed with the
    /// node. It is taken out of there before it is reaped.
    ///
    /// - Parameter ahead: what is to be written to the host behind it, where the host takes that.
    func executeExternally(_ step: Step, ahead: [Step], in hosts: ExternalHosts, own: Host) {
        if let expired = step.request.expiresAt, expired < Timestamp.now() { return finish(step, .expired) }
        // No step pays for what others have left in the own host, which is to trade its orders: there is a new one first.
        if hosts.givesOrders || step.request.isSweep, own.isUnfit(for: step) {
            reporter.metrics.hostLost(reason: "recycled")
            discard(own)
            return notBegun(step)
        }
        guard !step.request.isSweep else { return sweepExternally(step, in: hosts, own: own) }
        do throws(RequestProblem) {
            execute(
                step, ahead: ahead, try ExternalRequest(step.request, hosts.strategy.descriptor), in: hosts, own: own)
        } catch {
            finish(step, .unsendable(error.message))
        }
    }

    private func execute(
        _ step: Step, ahead: [Step], _ request: ExternalRequest, in hosts: ExternalHosts, own: Host
    ) {
        var behind = ahead
        guard
            let (host, isNew) = borrow(
                for: step, in: hosts,
                beforeStart: {
                    // A start takes its time: others run what was to stand behind the step.
                    if !behind.isEmpty { takeBack(&behind) }
                })
        else {
            state.setHost(own.pid, of: index)
            return notBegun(step, ending: state.ending(of: index))
        }
        // Who cancelled the step while its host was looked for has found the slot's own in its place.
        if case .cancelled? = state.ending(of: index) {
            state.setHost(own.pid, of: index)
            hosts.recycle(host)
            return notBegun(step, ending: .cancelled)
        }
        host.arbiter = locks
        if !behind.isEmpty, !hosts.mayWriteAhead(to: host) { takeBack(&behind) }
        guard !host.takesSeveral else {
            let borrowed = BorrowedHost(hosts: hosts, isNew: isNew, own: own)
            return execute(Pipeline([step] + behind, on: borrowed), on: host, borrowed)
        }
        host.steps += 1
        reporter.listen(to: host, strategy: hosts.strategy.name, step: step)
        let (outcome, run) = self.run(request.line, of: step, on: host)
        reporter.diagnostics(host, step: step)
        state.setHost(own.pid, of: index)
        let end = StepEnd(outcome, step, request)
        guard case .answered(let reply) = end else {
            // Dead before what it holds goes to the next: it may still be at work on what a lock protects.
            hosts.discard(host)
            let attempt = AttemptEnd(
                end, after: isNew ? .nothing : .answered, hadLeftovers: host.hadLeftovers(for: step.limits),
                ending: state.ending(of: index))
            return lost(step, end, run, attempt, isBorrowed: true)
        }
        // One that the node ends for this step may have been hit already, though it has answered: nobody else gets it.
        let isSpent = isHostEnded || hosts.isSpent(host, step.limits)
        if !isSpent { hosts.giveBack(host) }
        if reply.orders.isEmpty {
            finish(step, end, run)
        } else {
            hosts.noteOrders()
            finish(step, trading: reply, strategy: request.strategy, on: own, after: run)
        }
        if isSpent { hosts.recycle(host) }
    }

    private func takeBack(_ behind: inout [Step]) {
        behind = []
        state.wake(state.decide { $0.takeBack(slot: index) })
    }

    /// On a host that reads requests while it has one.
    private func execute(_ pipeline: Pipeline, on host: Host, _ borrowed: BorrowedHost) {
        let limits = pipeline.running.limits
        // One that is of no more use is dead already.
        guard run(pipeline, on: host) else { return }
        state.setHost(borrowed.ownPID, of: index)
        if isHostEnded || borrowed.hosts.isSpent(host, limits) {
            borrowed.hosts.recycle(host)
        } else {
            borrowed.hosts.giveBack(host)
        }
    }

    /// A host that is ready; nil where the step has to wait for one.
    ///
    /// While the strategy's hosts cannot be started, one step at a time tries, and the others take what waits.
    func borrow(
        for step: Step, in hosts: ExternalHosts, beforeStart: () -> Void
    ) -> (host: Host, isNew: Bool)? {
        let role = state.decide { $0.startRole(slot: index) }
        let wantsNew =
            switch role {
            case .free: step.mayHaveLostItsHost
            case .trial: true
            case .waitingOnly: false
            }
        if !wantsNew, let host = waiting(for: step, in: hosts) { return (host, false) }
        if case .waitingOnly = role {
            note(.noneIdle)
            return nil
        }
        beforeStart()
        do throws(HostFailure) {
            let host = try hosts.start { pid in
                state.setHost(pid, of: index)
                // Who cancelled the step before this has killed the slot's own: this one would be waited for in vain.
                if case .cancelled? = state.ending(of: index) { state.killHosts(of: [index]) }
            }
            note(.started)
            return (host, true)
        } catch {
            // A node that ends kills its hosts, those that are being started too: that is no failure of theirs.
            if isHostEnded { return nil }
            reporter.externalHostLost(hosts.strategy.name, reason: "start_failed", error.description)
            note(.failed(error.description))
        }
        if let host = waiting(for: step, in: hosts) { return (host, false) }
        note(.noneIdle)
        return nil
    }

    /// Tells the shared state how the search for a host has gone.
    private func note(_ search: StartGate.Search) {
        let now = MonotonicTime.now()
        let (woken, changes) = state.decide { ($0.note(search, slot: index, at: now), $0.takeChanges()) }
        state.wake(slots: woken)
        reporter.policies.changed(changes)
    }

    private func waiting(for step: Step, in hosts: ExternalHosts) -> Host? {
        guard let host = hosts.take(for: step.limits) else { return nil }
        state.setHost(host.pid, of: index)
        return host
    }
}

/// A host of an external strategy that a slot has for the time being.
struct BorrowedHost {
    let hosts: ExternalHosts
    /// Whether it was started for the first step that the slot gives it.
    let isNew: Bool
    /// The slot's own host, which stands in the shared state again afterwards.
    let own: Host

    /// nil where it has been lost meanwhile.
    var ownPID: Int32? { own.isGone ? nil : own.pid }

    /// Whether more steps may be written to the host: the own one is fit to trade their orders, too.
    func mayWriteAhead(to host: Host, _ limits: ResourceLimits) -> Bool {
        hosts.mayWriteAhead(to: host) && !(hosts.givesOrders && own.isTooFull(for: limits))
    }
}

extension StepEnd {
    init(_ outcome: StepOutcome, _ step: Step, _ request: ExternalRequest) {
        switch outcome {
        case .answered(let line): self = Self.reading(line, step, request)
        case .timedOut: self = .timedOut
        case .lost(let loss): self = .crashed(loss)
        }
    }

    static func reading(_ line: [UInt8], _ step: Step, _ request: ExternalRequest) -> StepEnd {
        reading(line, to: step.request.requestID, step, strategy: request.strategy)
    }

    /// - Parameter requestID: of what was asked.
    static func reading(_ line: [UInt8], to requestID: String, _ step: Step, strategy: [UInt8]?) -> StepEnd {
        let breach = LimitBreach(resource: .memory, limit: step.limits.memoryMB, peak: nil)
        do throws(JSONProblem) {
            let reply = try HostReply.parse(line, strategy: strategy)
            if reply.requestID == requestID { return reply.saysMemoryWasRefused ? .refused(breach) : .answered(reply) }
            guard let answered = reply.requestID else {
                return .babbled("it has no \"request_id\": \(line.quotedLine)")
            }
            return .babbled("it answers the request \"\(answered.cut(toBytes: 100))\"")
        } catch {
            // Most likely a print() of the strategy's or of a library that it loads.
            guard line.first == UInt8(ascii: "{") else {
                return .babbled("it printed \(line.quotedLine) to standard output before the answer")
            }
            return .babbled("\(error): \(line.quotedLine)")
        }
    }
}

extension HostReply {
    /// The kernel refuses memory before the monitor sees too much of it in use, and a program may go on then. What it
    /// says it could not do for that is no failure of its own.
    fileprivate var saysMemoryWasRefused: Bool {
        guard status == .failed, let problem else { return false }
        return RefusedMemory.isNamed(in: problem.code) || RefusedMemory.isNamed(in: problem.message)
    }
}
