import Configuration
import Hosting
import Messages
import Scheduling
import System

/// A step of a sweep over an external strategy: the slot's own host runs it as any step of a sweep, and asks for what it
/// trades, set by set; a host of the strategy, which the slot borrows for the step, decides. The slot carries questions and
/// answers between the two, which work in turn.
extension Slot {
    func sweepExternally(_ step: Step, in hosts: ExternalHosts, own: Host) {
        guard own.takesFrames else {
            return finish(step, .unsendable("the program optimizer-host is of another build than the node"))
        }
        guard let (first, isNew) = borrow(for: step, in: hosts, beforeStart: {}) else {
            state.setHost(own.pid, of: index)
            return notBegun(step, ending: state.ending(of: index))
        }
        var exchange = Exchange(step: step, own: own, host: first, isNew: isNew)
        prepare(first, for: step, in: hosts)
        let end = run(&exchange, in: hosts)
        state.setHost(own.pid, of: index)
        guard let end else {
            // It waits for the answer to a question.
            discard(own)
            return notBegun(step, ending: state.ending(of: index))
        }
        let host = exchange.host
        if exchange.isLost {
            // Neither is in the middle of a set any more: the one that is well waits for the other.
            hosts.discard(host)
            discard(own)
            var attempt = AttemptEnd(
                end, after: exchange.mayBeOfStepsBefore ? .answered : .nothing, hadLeftovers: exchange.hadLeftovers,
                ending: state.ending(of: index))
            // Sets of it have been decided, whatever the last request has come to.
            attempt.isDelivered = attempt.isDelivered || exchange.hadBegun
            return lost(step, end, exchange.run, attempt, isBorrowed: exchange.mayBeOfStepsBefore)
        }
        let isSpent = isHostEnded || hosts.isSpent(host, step.limits)
        if !isSpent { hosts.giveBack(host) }
        finish(step, end, exchange.run)
        if isSpent { hosts.recycle(host) }
    }

    private func prepare(_ host: Host, for step: Step, in hosts: ExternalHosts) {
        host.arbiter = locks
        reporter.listen(to: host, strategy: hosts.strategy.name, step: step)
    }

    /// Has the two hosts work in turn until the own one has answered, or one is lost.
    ///
    /// - Returns: nil where the strategy's host was to give way to another, and none could be had.
    private func run(_ exchange: inout Exchange, in hosts: ExternalHosts) -> StepEnd? {
        let step = exchange.step
        let deadline = MonotonicTime.now().adding(milliseconds: step.limits.timeoutMs)
        var frame = StepFrame.payload(of: step.request, token: step.token, descriptor: hosts.strategy.descriptor)
        while true {
            let payload: [UInt8]
            switch take(frame, exchange.own, &exchange, until: deadline) {
            case .answered(let answer): payload = answer
            case let outcome: return exchange.lose(outcome, asked: false)
            }
            guard let question = QuestionFrame(payload) else { return exchange.end(payload) }
            guard makeWay(&exchange, in: hosts) else { return nil }
            exchange.host.steps += 1
            switch take(question.request, exchange.host, &exchange, until: deadline) {
            case .answered(let line):
                // A set that its host was refused memory for is its own failure: the host has said so and lives.
                let end = StepEnd.reading(line, to: question.id, step, strategy: nil)
                if case .babbled = end { return exchange.lose(end) }
                locks.releaseDemanded()
                exchange.noteAnswer()
                frame = line
            case let outcome: return exchange.lose(outcome, asked: true)
            }
        }
    }

    /// A set is a request like others: between two of them a host that is spent gives way to another, as between two steps.
    ///
    /// - Returns: false where there is none.
    private func makeWay(_ exchange: inout Exchange, in hosts: ExternalHosts) -> Bool {
        let step = exchange.step
        guard hosts.isSpent(exchange.host, step.limits) else { return true }
        state.setHost(exchange.own.pid, of: index)
        hosts.recycle(exchange.host)
        guard let (host, isNew) = borrow(for: step, in: hosts, beforeStart: {}) else { return false }
        prepare(host, for: step, in: hosts)
        exchange.goOn(on: host, isNew: isNew)
        return true
    }

    /// Has a host answer; it stands in the shared state meanwhile.
    private func take(
        _ payload: [UInt8], _ host: Host, _ exchange: inout Exchange, until deadline: MonotonicTime
    ) -> StepOutcome {
        state.setHost(host.pid, of: index)
        // Who has ended the step's host before this has found the other one in its place.
        if state.ending(of: index) != nil { state.killHosts(of: [index]) }
        let outcome = host.run(payload, deadline: deadline, limits: exchange.step.limits)
        reporter.diagnostics(host, step: exchange.step)
        exchange.note(host)
        return outcome
    }
}

/// What a step of a sweep has come to that two hosts work on in turn.
private struct Exchange {
    let step: Step
    let own: Host
    private(set) var host: Host
    /// Whether the borrowed host has answered anything since its start.
    private var hasAnswered: Bool
    /// Whether steps before this one have left much in them. What its own sets leave is its own doing.
    private let ownHadLeftovers: Bool
    private var hostHadLeftovers: Bool
    /// How many sets have been decided, and how many of them by this host.
    private var asked = 0
    private var askedOfHost = 0
    /// The one of both that is of no more use.
    private var lostHost: Host?
    /// Whether the borrowed host may be lost for what it did before this step.
    private(set) var mayBeOfStepsBefore = false
    private var started: MonotonicTime?
    private var usage: ResultUsage?

    init(step: Step, own: Host, host: Host, isNew: Bool) {
        self.step = step
        self.own = own
        self.host = host
        hasAnswered = !isNew
        ownHadLeftovers = own.hasLeftovers(for: step.limits)
        hostHadLeftovers = host.hasLeftovers(for: step.limits)
    }

    var isLost: Bool { lostHost != nil }
    var hadLeftovers: Bool { lostHost === own ? ownHadLeftovers : hostHadLeftovers }
    /// Whether the lost one had answered for the step before.
    var hadBegun: Bool { (lostHost === own ? asked : askedOfHost) > 0 }

    /// The borrowed host has given way to this one.
    mutating func goOn(on host: Host, isNew: Bool) {
        self.host = host
        hasAnswered = !isNew
        hostHadLeftovers = host.hasLeftovers(for: step.limits)
        askedOfHost = 0
    }

    /// The borrowed host has decided a set.
    mutating func noteAnswer() {
        hasAnswered = true
        asked += 1
        askedOfHost += 1
    }

    /// Of all that both have done.
    var run: StepRun {
        let now = MonotonicTime.now()
        return StepRun(started: started ?? now, ended: now, attempt: step.attempt, usage: usage)
    }

    mutating func note(_ host: Host) {
        started = started ?? host.span.began
        let used = ResultUsage(host.usage)
        usage = usage.map { $0.adding(used) } ?? used
    }

    /// The own host's reply.
    mutating func end(_ payload: [UInt8]) -> StepEnd {
        do throws(JSONProblem) {
            return .answered(try HostReply.parse(payload, ofStep: step.token, step.request))
        } catch {
            lostHost = own
            return .babbled("\(error)")
        }
    }

    /// - Parameter asked: the borrowed host was, else the own one.
    mutating func lose(_ outcome: StepOutcome, asked: Bool) -> StepEnd {
        lostHost = asked ? host : own
        mayBeOfStepsBefore = asked && askedOfHost == 0 && hasAnswered
        switch outcome {
        case .timedOut, .answered: return .timedOut
        case .lost(let loss): return .crashed(loss)
        }
    }

    /// What the borrowed host has answered is no answer.
    mutating func lose(_ end: StepEnd) -> StepEnd {
        lostHost = host
        mayBeOfStepsBefore = askedOfHost == 0 && hasAnswered
        return end
    }
}

extension ResultUsage {
    /// What two hosts have used for one step.
    func adding(_ other: ResultUsage) -> ResultUsage {
        ResultUsage(
            cpuMs: cpuMs + other.cpuMs, maxRSSMB: max(maxRSSMB, other.maxRSSMB),
            throttledMs: throttledMs.map { $0 + (other.throttledMs ?? 0) } ?? other.throttledMs)
    }
}
