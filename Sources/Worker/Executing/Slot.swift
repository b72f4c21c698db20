import Hosting
import Messages
import Scheduling
import Synchronization
import System

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
    let runDelay = Mutex(RunDelayMeter())

    /// A host that does not come up is tried again for ever; requests wait in the queue meanwhile.
    private static let startRetry = RetryPolicy(maximumAttempts: .max, firstDelayMs: 10, maximumDelayMs: 5000)
    /// Nor is a host replaced at once that is ended again and again while it has nothing to do: each costs a process.
    private static let idleRetry = RetryPolicy(maximumAttempts: .max, firstDelayMs: 10, maximumDelayMs: 5000)
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
        // Hosts lost while they had nothing to do, since one has last answered.
        var idleLosses = 0
        while let host = startHost(afterMs: Self.idleRetry.delayMs(afterIdleLosses: idleLosses)) {
            host.arbiter = locks
            state.noteReady(slot: index)
            serve(host, &idleLosses)
            let wasStopped = state.decide { if case .stopped = $0.slots[index] { true } else { false } }
            if wasStopped {
                end(host)
                return
            }
            let (woken, givenBack) = state.decide { ($0.noteStarting(slot: index), $0.takeGivenBack()) }
            state.wake(slots: woken)
            for step in givenBack { state.giveBack(step) }
            discard(host)
        }
        state.decide { $0.noteStopped(slot: index) }
        state.consumerWake.signal()
    }

    // MARK: Hosts

    /// A host that is ready; nil once the node stops.
    private func startHost(afterMs delayMs: Int) -> Host? {
        let notBefore = MonotonicTime.now().adding(milliseconds: delayMs)
        // Woken before, it waits on unless the node ends: other slots have what it was woken for.
        while !isStopping, notBefore > .now() { _ = wake.wait(until: notBefore) }
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
    func discard(_ host: Host) {
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
    private func serve(_ host: Host, _ idleLosses: inout Int) {
        while true {
            let now = MonotonicTime.now()
            let assignment = state.decide { $0.next(for: index, at: now) }
            wake(assignment.wakes)
            switch assignment {
            case .run(let step, let ahead, _):
                // Nothing is written ahead behind a step of an external strategy: its time is not noted.
                if let hosts = externals[step.strategyIndex] {
                    executeExternally(step, in: hosts, own: host)
                    // The kill that was meant for the borrowed host may have come when the own one stood in its place.
                    if state.decide({ $0.isEnded(slot: index) }) {
                        reporter.metrics.hostLost(reason: "recycled")
                        return
                    }
                } else if execute(step, ahead: ahead, on: host) {
                    idleLosses = 0
                } else {
                    return
                }
            case .refuse(let step, let refusal, _): finish(step, StepEnd(refusal))
            case .wait:
                addDelay(runDelay.withLock { $0.end(at: now) })
                switch host.waitIdle(wake: wake, until: nil) {
                case .woken, .deadline: continue
                case .hostLost(let loss):
                    if isEnded {
                        // The step that the node ended the host for had ended by itself before the kill came.
                        reporter.metrics.hostLost(reason: "recycled")
                    } else if !isStopping {
                        reporter.hostLost(slot: index, loss, step: nil)
                    }
                    reporter.diagnostics(host, step: nil)
                    idleLosses += 1
                    return
                }
            case .stop: return
            }
        }
    }

    func wake(_ wakes: ConcurrencyManager.Wakes) {
        if wakes.consumer { state.consumerWake.signal() }
        state.wake(slots: wakes.slots)
    }

    /// Has the host run a step by itself, and notes how long it waited for a processor meanwhile.
    func run(_ request: [UInt8], of step: Step, on host: Host) -> (outcome: StepOutcome, run: StepRun) {
        let started = MonotonicTime.now()
        addDelay(runDelay.withLock { $0.begin(step.strategyIndex, on: host.pid, at: started) })
        let outcome = host.run(
            request, deadline: started.adding(milliseconds: step.limits.timeoutMs), limits: step.limits)
        addDelay(runDelay.withLock { $0.endStep(at: .now()) })
        return (outcome, StepRun(of: host, attempt: step.attempt))
    }

    func addDelay(_ reading: RunDelayMeter.Reading?) {
        if let reading { reporter.metrics.delays.add(reading) }
    }

    /// Whether the step, whose host is lost, was to be ended to break a deadlock.
    var isVictim: Bool { state.decide { $0.isVictim(slot: index) } }

    func requeueVictim(_ step: Step) {
        reporter.hostLost(slot: index, reason: "deadlock", "ended to break a deadlock", step: step)
        requeue()
    }

    /// Whether the node has ended the host itself: for a partition that it gave up, or at its own end.
    var isEnded: Bool { !state.mayPublish || state.decide { $0.isEnded(slot: index) } }

    func requeueEnded(_ step: Step) {
        reporter.hostLost(
            slot: index, reason: "recycled",
            state.mayPublish ? "ended for a step of a partition that was given up" : "ended with the node", step: step)
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
        report(step, end, run ?? StepRun(notBegun: step, at: .now()))
        let now = MonotonicTime.now()
        let (woken, changes, isDrainAwaited) = state.decide {
            ($0.finish(slot: index, end.conduct, at: now), $0.takeChanges(), $0.isDrainAwaited)
        }
        state.wake(slots: woken)
        reporter.policies.changed(changes)
        if isDrainAwaited { state.consumerWake.signal() }
    }

    /// First the result, then the slot: a drain that sees no step running knows that all results are on their way.
    func report(_ step: Step, _ end: StepEnd, _ run: StepRun) {
        if state.mayPublish { reporter.finished(step, end, run) }
    }
}

extension RetryPolicy {
    /// The first is replaced at once: whoever ended it may have had his reasons.
    fileprivate func delayMs(afterIdleLosses losses: Int) -> Int {
        losses < 2 ? 0 : delayMs(afterAttempt: losses - 1) ?? 0
    }
}
