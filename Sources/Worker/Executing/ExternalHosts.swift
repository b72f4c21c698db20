import Configuration
import Hosting
import Messages
import Scheduling
import Synchronization
import System

/// How long external hosts are waited for and kept.
struct ExternalPolicy: Sendable {
    /// How long a host with nothing to do stays, in ms.
    var idleMs = 60_000
    /// How often the hosts with nothing to do are looked at, in ms.
    var lookMs = 5000
    /// From a ping to its answer, in ms.
    var pingMs = 1000
}

/// The hosts of one external strategy: slots borrow them, for a step or, where steps are short, for several. See
/// `ExternalStrategies.md`.
final class ExternalHosts: Sendable {
    let strategy: ExternalStrategy
    private let command: HostCommand
    private let policy: ExternalPolicy
    private let spawner: HostSpawner
    private let reporter: StepReporter
    private let pool: HostPool
    private let hasGivenOrders = Atomic(false)

    init(
        _ strategy: ExternalStrategy, command: HostCommand, slotCount: Int, policy: ExternalPolicy,
        spawner: HostSpawner, reporter: StepReporter
    ) {
        self.strategy = strategy
        self.command = command
        self.policy = policy
        self.spawner = spawner
        self.reporter = reporter
        pool = HostPool(capacity: min(strategy.hosts ?? slotCount, slotCount))
    }

    var idleCount: Int { pool.count }

    /// Whether one has answered with positions or signals, which the slots' own hosts trade.
    var givesOrders: Bool { hasGivenOrders.load(ordering: .relaxed) }

    func noteOrders() { hasGivenOrders.store(true, ordering: .relaxed) }

    /// The host that worked last of those that wait and may run a step with these limits; nil where none does.
    func take(for limits: ResourceLimits) -> Host? {
        while let host = pool.take() {
            guard host.isTooFull(for: limits) else { return host }
            reporter.metrics.hostLost(reason: "recycled")
            discard(host)
        }
        return nil
    }

    /// Whether no other step is to begin on it: so much have those before left in it, or so many have they been.
    func isSpent(_ host: Host, _ limits: ResourceLimits) -> Bool {
        host.isTooFull(for: limits) || strategy.maxSteps.map { host.steps >= $0 } ?? false
    }

    /// Whether steps may be written to it behind one that it runs: it reads them, and lives long enough for all of them.
    func mayWriteAhead(to host: Host) -> Bool {
        host.takesSeveral && strategy.maxSteps.map { host.steps + ServiceTimes.mostUnderWay <= $0 } ?? true
    }

    /// Ends a host that is well, in favour of a new one.
    func recycle(_ host: Host) {
        reporter.metrics.hostLost(reason: "recycled")
        end(host)
    }

    /// Starts a host and waits until it is ready.
    ///
    /// - Parameter started: called with the host's process, before it is ready, so that it can be killed at any time; with
    ///   nil before it is reaped, when it may no longer be.
    /// - Throws: `HostFailure` where it is not ready within the strategy's `startTimeoutMs`.
    func start(_ started: (Int32?) -> Void) throws(HostFailure) -> Host {
        let host = try spawner.spawn(command)
        started(host.pid)
        reporter.listen(to: host, strategy: strategy.name, step: nil)
        do throws(HostFailure) {
            let line = try host.awaitReady(until: .now().adding(milliseconds: strategy.startTimeoutMs))
            reporter.diagnostics(host, step: nil)
            guard (try? JSONValue.parse(line))?["ready"] != nil else {
                throw HostFailure(
                    .notReady, "the first line of the host is \(line.quotedLine), must be {\"ready\":{}}",
                    remedy: "only the protocol goes to standard output")
            }
            return host
        } catch {
            reporter.diagnostics(host, step: nil)
            started(nil)
            discard(host)
            throw error
        }
    }

    /// Takes back a host that has answered.
    func giveBack(_ host: Host) {
        host.interim = nil
        host.arbiter = nil
        if let surplus = pool.put(host, at: .now()) { end(surplus) }
    }

    /// Ends a host that is of no more use. Nobody may signal its process any more.
    func discard(_ host: Host) { _ = host.kill() }

    /// Looks at the hosts with nothing to do: ends those that were long idle, and those that answer no ping.
    func look() {
        let begin = MonotonicTime.now()
        while let (host, idleSince) = pool.takeForLook(notSeenSince: begin) {
            let now = MonotonicTime.now()
            if now.milliseconds(since: idleSince) >= Double(policy.idleMs) {
                end(host)
            } else if let fault = HostPing.fault(of: host, withinMs: policy.pingMs) {
                reporter.diagnostics(host, step: nil)
                discard(host)
                reporter.externalHostLost(strategy.name, reason: "crashed", fault)
            } else {
                reporter.diagnostics(host, step: nil)
                if let surplus = pool.putBack(host, idleSince: idleSince, at: now) { end(surplus) }
            }
        }
    }

    /// Ends all that wait, and from now on every host that comes back.
    /// - Parameter patience: who has not ended by itself until then is killed.
    func close(until patience: MonotonicTime) {
        for host in pool.close() {
            end(host, graceMs: max(0, Int(patience.milliseconds(since: .now()))))
        }
    }

    private func end(_ host: Host, graceMs: Int = 200) {
        _ = host.end(graceMs: graceMs)
        reporter.diagnostics(host, step: nil)
    }
}

/// Asks a host that runs nothing whether it still listens.
enum HostPing {
    /// nil: it has answered as it should.
    static func fault(of host: Host, withinMs: Int) -> String? {
        switch host.run(Array(#"{"ping":1}"#.utf8), deadline: .now().adding(milliseconds: withinMs)) {
        case .answered(let line):
            guard (try? JSONValue.parse(line))?["pong"] == .integer(1) else {
                return "the host answered a ping with something else"
            }
            return nil
        case .timedOut: return "the host did not answer a ping within \(withinMs) ms"
        case .lost(let loss): return loss.description
        }
    }
}
