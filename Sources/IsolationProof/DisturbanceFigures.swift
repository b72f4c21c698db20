import Glibc
package import Hosting
package import Scheduling
import Synchronization
import System

/// Measures how much slower steps become while one slot of the pool runs an offender: at full load, in one run with and
/// without.
package struct DisturbanceFigures {
    /// What one offence does to the others.
    package struct Figure: Sendable {
        package let offence: Offence
        /// The 95th percentile of the others' steps, in milliseconds, before and after it, and meanwhile.
        package let quiet: Double
        package let disturbed: Double
        /// Steps of others that were lost.
        package let lost: Int

        package var ratio: Double { disturbed / quiet }
    }

    private let launcher: String
    private let isolation: Isolation
    private let spawner: HostSpawner
    private let offender: String
    private let offenders: HostSpawner
    private let slots: Int

    /// - Parameters:
    ///   - launcher: the path of `optimizer-host`.
    ///   - offender: the path of `optimizer-offender`.
    ///   - slots: of the pool, that of the offender among them.
    /// - Throws: `HostFailure`.
    package init(
        launcher: String, offender: String, enforcement: IsolationSettings.Enforcement, ceilings: ResourceLimits,
        slots: Int
    ) throws(HostFailure) {
        self.launcher = launcher
        self.offender = offender
        self.slots = slots
        isolation = try Isolation(
            IsolationSettings(enforcement: enforcement, sandbox: .standard, ceilings: ceilings), launcher: launcher)
        spawner = try HostSpawner(launcher: launcher, isolation: isolation)
        offenders = try HostSpawner(launcher: offender, isolation: isolation)
    }

    /// Whether the kernel holds the processor's share, and not the monitor.
    package var isByCgroup: Bool {
        isolation.report.entries.contains { $0.resource == "cpu" && $0.mechanism == .cgroup }
    }

    /// Ends what has been started.
    package func stop() {
        spawner.stop()
        offenders.stop()
        isolation.stop()
    }

    /// All slots run steps that behave; then one of them runs the offence over and over; then all behave again.
    package func measure(_ offence: Offence, seconds: Int) throws(HostFailure) -> Figure {
        var phases: [(p95: Double, lost: Int)] = []
        for offender in [nil, offence, nil] { phases.append(try phase(offender, seconds: seconds)) }
        return Figure(
            offence: offence, quiet: (phases[0].p95 + phases[2].p95) / 2, disturbed: phases[1].p95,
            lost: phases.reduce(0) { $0 + $1.lost })
    }

    private func phase(_ offence: Offence?, seconds: Int) throws(HostFailure) -> (p95: Double, lost: Int) {
        let others = Measured()
        let end = MonotonicTime.now().adding(milliseconds: seconds * 1000)
        var threads: [PermanentThread] = []
        defer { for thread in threads { thread.join() } }
        // In both phases the same slots are measured: the last one is the offender's.
        try HostFailure.ifRefused { () throws(SystemFailure) in
            for _ in 1..<slots { threads.append(try PermanentThread(name: "behaves") { behave(until: end, others) }) }
            threads.append(
                try PermanentThread(name: "last") {
                    if let offence { offend(offence, until: end) } else { behave(until: end, nil) }
                })
        }
        for thread in threads { thread.join() }
        return others.result
    }

    /// Steps of 10 ms of processor time, with a little rest between them: less than a host may use.
    private func behave(until end: MonotonicTime, _ measured: Measured?) {
        let request = Array(#"{"request_id":"-","strategy":{"name":"burn","parameters":{"ms":10}}}"#.utf8)
        guard let wake = try? WakeDescriptor(), let host = ready(spawner, launcher, "serve") else { return }
        defer { host.kill() }
        while MonotonicTime.now() < end {
            let start = MonotonicTime.now()
            let outcome = host.run(request, deadline: start.adding(milliseconds: 10_000))
            guard case .answered = outcome else {
                measured?.noteLost()
                return
            }
            measured?.note(MonotonicTime.now().milliseconds(since: start))
            _ = wake.wait(until: .now().adding(milliseconds: 5))
        }
    }

    private func offend(_ offence: Offence, until end: MonotonicTime) {
        while MonotonicTime.now() < end {
            guard let host = ready(offenders, offender, "offend") else { return }
            let deadline = min(end, .now().adding(milliseconds: 1000))
            // Some offences are over at once, and then tried again.
            while MonotonicTime.now() < deadline {
                guard case .answered = host.run(Array(offence.rawValue.utf8), deadline: deadline) else { break }
            }
            host.kill()
        }
    }

    private func ready(_ spawner: HostSpawner, _ program: String, _ argument: String) -> Host? {
        do throws(HostFailure) {
            let host = try spawner.spawn(HostCommand(executable: program, arguments: [argument]))
            _ = try host.awaitReady(until: .now().adding(milliseconds: 10_000))
            return host
        } catch {
            return nil
        }
    }

    /// What the threads found.
    private final class Measured: Sendable {
        private let times = Mutex<(all: [Double], lost: Int)>(([], 0))

        func note(_ milliseconds: Double) { times.withLock { $0.all.append(milliseconds) } }
        func noteLost() { times.withLock { $0.lost += 1 } }

        var result: (p95: Double, lost: Int) {
            times.withLock { found in
                let sorted = found.all.sorted()
                return (sorted.isEmpty ? .nan : sorted[sorted.count * 95 / 100], found.lost)
            }
        }
    }
}
