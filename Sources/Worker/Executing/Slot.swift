import Hosting
import Messages
import Scheduling
import Synchronization

/// A place in the pool: a thread that drives one host, and replaces it when it is lost.
///
/// Everything here runs on the slot's own thread; what it shares is in `NodeState`.
final class Slot: Sendable {
    let index: Int
    let state: NodeState
    private let pool: PoolSettings
    private let spawner: HostSpawner
    let reporter: StepReporter
    private let wake: WakeDescriptor
    private let externals: ExternalPools
    let locks: SlotLocks
    private let runDelay = Mutex(RunDelayMeter())

    /// A host that does not come up is tried again for ever; requests wait in the queue meanwhile.
    private static let startRetry = RetryPolicy(maximumAttempts: .max, firstDelayMs: 10, maximumDelayMs: 5000)
    /// A step whose host was gone before it got the request has not begun: another host may have it.
    static let stepRetry = RetryPolicy(maximumAttempts: 3, firstDelayMs: 0, maximumDelayMs: 0)

    init(
        index: Int, state: NodeState, pool: PoolSettings, spawner: HostSpawner, externals: ExternalPools,
        reporter: StepReporter
    ) {
        self.index = index
        self.state = state
        self.pool = pool
        self.spawner = spawner
        self.externals = externals
        self.reporter = reporter
        wake = state.slotWakes[index]
        locks = SlotLocks(slot: index, state: state, reporter: reporter)
    }

    /// The thread's body: until the node stops.
    func run() {
        while let host = startHost() {
            host.arbiter = locks
            state.noteReady(slot: index)
            serve(host)
            let wasStopped = state.decide { if case .stopped = $0.slots[index] { true } else { false } }
            if wasStopped {
                end(host)
                return
            }
            state.wake(slots: state.decide { $0.noteStarting(slot: index) })
            discard(host)
        }
        state.decide { $0.noteStopped(slot: index) }
        state.consumerWake.signal()
    }

    // MARK: Hosts

    /// A host that is ready; nil once the node stops.
    private func startHost() -> Host? {
        var attempt = 1
        while !isStopping {
            do throws(HostFailure) {
                let host = try spawner.spawn(pool.hostCommand)
                state.setHost(host.pid, of: index)
                do throws(HostFailure) {
                    _ = try host.awaitReady(until: .now().adding(milliseconds: pool.readyTimeoutMs))
                    reporter.diagnostics(host, step: nil)
                    return host
                } catch {
                    reporter.diagnostics(host, step: nil)
                    discard(host)
                    throw error
                }
            } catch {
                // A node that ends kills its hosts, those that are being started too: that is no failure of theirs.
                if isStopping { return nil }
                reporter.hostDidNotStart(slot: index, error)
            }
            let delay = Self.startRetry.delayMs(afterAttempt: attempt) ?? 0
            attempt += 1
            // A wake-up may be the node's end: then the loop ends, else it is a step that waits for a host anyway.
            _ = wake.wait(until: .now().adding(milliseconds: delay))
        }
        return nil
    }

    /// Its number is taken out of the shared state first, so that nobody signals a process that has it next.
    private func discard(_ host: Host) {
        state.setHost(nil, of: index)
        _ = host.kill()
    }

    private func end(_ host: Host) {
        state.setHost(nil, of: index)
        _ = host.end(graceMs: 200)
        state.consumerWake.signal()
    }

    private var isStopping: Bool { state.decide { $0.isStopping } }

    // MARK: Steps

    /// Runs steps on the host until it is lost or the node stops.
    private func serve(_ host: Host) {
        while true {
            let now = MonotonicTime.now()
            switch state.decide({ $0.next(for: index, at: now) }) {
            case .run(let step, let wakesConsumer):
                if wakesConsumer { state.consumerWake.signal() }
                if let hosts = externals[step.strategyIndex] {
                    executeExternally(step, in: hosts, own: host)
                } else if !execute(step, on: host) {
                    return
                }
            case .refuse(let step, let retryMs, let wakesConsumer):
                if wakesConsumer { state.consumerWake.signal() }
                finish(step, .suspended(retryMs: retryMs))
            case .wait:
                switch host.waitIdle(wake: wake, until: nil) {
                case .woken, .deadline: continue
                case .hostLost(let loss):
                    if !isStopping { reporter.hostLost(slot: index, loss, step: nil) }
                    reporter.diagnostics(host, step: nil)
                    return
                }
            case .stop: return
            }
        }
    }

    /// Has the host run a step, and notes how long it waited for a processor meanwhile.
    func run(_ request: [UInt8], of step: Step, on host: Host) -> (outcome: StepOutcome, run: StepRun) {
        let started = MonotonicTime.now()
        runDelay.withLock { $0.begin(host.pid) }
        let outcome = host.run(
            request, deadline: started.adding(milliseconds: step.limits.timeoutMs), limits: step.limits)
        if let reading = runDelay.withLock({ $0.end() }) {
            reporter.metrics.delays.add(reading, strategy: step.strategyIndex)
        }
        let run = StepRun(started: started, ended: .now(), attempt: step.attempt, usage: ResultUsage(host.usage))
        return (outcome, run)
    }

    /// Runs one step to its end, or until it has to be run again. Returns false when the host is of no more use.
    private func execute(_ step: Step, on host: Host) -> Bool {
        if let expired = step.request.expiresAt, expired < Timestamp.now() {
            finish(step, .expired)
            return true
        }
        // A step that may hold little memory does not pay for what others have left in the host: it gets a new one.
        if host.isTooFull(for: step.limits) {
            reporter.metrics.hostLost(reason: "recycled")
            requeue(isAttempt: false)
            return false
        }
        let (outcome, run) = self.run(step.request.bytes, of: step, on: host)
        reporter.diagnostics(host, step: step)
        if case .answered(let reply) = outcome, case .success(let answer) = HostReply.reading(reply) {
            finish(step, .answered(answer), run)
            return true
        }
        // Dead before what it holds goes to the next: it may still be at work on what a lock protects.
        if state.decide({ $0.holdsLocks(slot: index) }) { discard(host) }
        switch outcome {
        case .answered(let reply): babbled(step, reply, run)
        case .timedOut:
            reporter.hostLost(slot: index, reason: "timed_out", "the step passed its deadline", step: step)
            finish(step, .timedOut, run)
        case .lost(let loss): lost(step, loss, run)
        }
        return false
    }

    private func babbled(_ step: Step, _ reply: [UInt8], _ run: StepRun) {
        guard case .failure(let problem) = HostReply.reading(reply) else { return }
        reporter.hostLost(slot: index, reason: "babbled", "the host's answer is no reply: \(problem)", step: step)
        finish(step, .babbled("\(problem)"), run)
    }

    private func lost(_ step: Step, _ loss: HostLoss, _ run: StepRun) {
        if isVictim { return requeueVictim(step) }
        if isEnded { return requeueEnded(step) }
        reporter.hostLost(slot: index, loss, step: step)
        if !loss.requestDelivered, Self.stepRetry.delayMs(afterAttempt: step.attempt) != nil { return requeue() }
        finish(step, .crashed(loss), run)
    }

    /// Whether the step, whose host is lost, was to be ended to break a deadlock.
    var isVictim: Bool { state.decide { $0.isVictim(slot: index) } }

    func requeueVictim(_ step: Step) {
        reporter.hostLost(slot: index, reason: "deadlock", "ended to break a deadlock", step: step)
        requeue()
    }

    /// Whether the node has ended the host itself.
    var isEnded: Bool { state.decide { $0.isEnded(slot: index) } }

    func requeueEnded(_ step: Step) {
        reporter.hostLost(
            slot: index, reason: "recycled", "ended with a step of a partition that was given up", step: step)
        requeue()
    }

    /// The step goes back into the queue, or to whoever has its partition now.
    /// - Parameter isAttempt: whether it has been tried.
    func requeue(isAttempt: Bool = true) {
        let now = MonotonicTime.now()
        switch state.decide({ $0.requeue(slot: index, isAttempt: isAttempt, at: now) }) {
        case .queued(let woken):
            if isAttempt { reporter.noteRetry() }
            state.wake(slots: woken)
        case .givenBack(let step, let woken):
            state.giveBack(step)
            state.wake(slots: woken)
        }
        if state.decide({ $0.isDrainAwaited }) { state.consumerWake.signal() }
    }

    func finish(_ step: Step, _ end: StepEnd, _ run: StepRun? = nil) {
        // First the result, then the slot: a drain that sees no step running knows that all results are on their way.
        if state.mayPublish { reporter.finished(step, end, run ?? StepRun(notBegunAt: .now())) }
        let now = MonotonicTime.now()
        let (woken, changes, isDraining) = state.decide {
            ($0.finish(slot: index, end.conduct, at: now), $0.takeChanges(), $0.isDrainAwaited)
        }
        state.wake(slots: woken)
        reporter.policies.changed(changes)
        if isDraining { state.consumerWake.signal() }
    }
}
