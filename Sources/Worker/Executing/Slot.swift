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
            if state.decide({ $0.isStopped(slot: index) }) {
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

    /// Whether the node has ended the host itself: for a partition that it gave up, or at its own end.
    var isHostEnded: Bool { !state.mayPublish || state.decide { $0.isHostEnded(slot: index) } }

    private var isStopping: Bool { state.decide { $0.isStopping } }

    // MARK: Steps

    /// Runs steps on the host until it is lost or the node stops.
    private func serve(_ host: Host, _ idleLosses: inout Int) {
        while true {
            let now = MonotonicTime.now()
            let assignment = state.decide { $0.next(for: index, at: now) }
            state.wake(assignment.wakes)
            switch assignment {
            case .run(let step, let ahead, _):
                if let hosts = externals[step.strategyIndex] {
                    executeExternally(step, ahead: ahead, in: hosts, own: host)
                    // For what it was to trade, or to make room for that.
                    if host.isGone { return }
                    // The kill that was meant for the borrowed host may have come when the own one stood in its place.
                    if state.decide({ $0.isHostEnded(slot: index) }) {
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
                    if isHostEnded {
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
}

extension RetryPolicy {
    /// The first is replaced at once: whoever ended it may have had his reasons.
    fileprivate func delayMs(afterIdleLosses losses: Int) -> Int {
        losses < 2 ? 0 : delayMs(afterAttempt: losses - 1) ?? 0
    }
}
