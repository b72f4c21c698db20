import Glibc
package import Hosting
package import Scheduling
import Synchronization
import System

/// Measures what isolation costs, and how well and how fast it acts, with real hosts.
package struct IsolationFigures {
    private let launcher: String
    private let offender: String
    private let ceilings: ResourceLimits

    /// - Parameters:
    ///   - launcher: the path of `optimizer-host`.
    ///   - offender: the path of `optimizer-offender`.
    ///   - ceilings: what hosts may use.
    package init(launcher: String, offender: String, ceilings: ResourceLimits) {
        self.launcher = launcher
        self.offender = offender
        self.ceilings = ceilings
    }

    /// What is measured: a pool of hosts of one program, under one enforcement and one sandbox.
    private struct Pool {
        let isolation: Isolation
        let spawner: HostSpawner
        let command: HostCommand

        func ready() throws(HostFailure) -> Host {
            let host = try spawner.spawn(command)
            _ = try host.awaitReady(until: .now().adding(milliseconds: 10_000))
            return host
        }

        func stop() {
            spawner.stop()
            isolation.stop()
        }
    }

    /// Hosts that commit offences.
    private func pool(
        _ enforcement: IsolationSettings.Enforcement, _ sandbox: IsolationSettings.Sandbox
    ) throws(HostFailure) -> Pool {
        try pool(of: offender, "offend", enforcement, sandbox)
    }

    private func pool(
        of program: String, _ argument: String, _ enforcement: IsolationSettings.Enforcement,
        _ sandbox: IsolationSettings.Sandbox
    ) throws(HostFailure) -> Pool {
        let settings = IsolationSettings(enforcement: enforcement, sandbox: sandbox, ceilings: ceilings)
        let isolation = try Isolation(settings, launcher: program)
        return Pool(
            isolation: isolation, spawner: try HostSpawner(launcher: program, isolation: isolation),
            command: HostCommand(executable: program, arguments: [argument]))
    }

    /// Percent of a core that a host of four endless loops gets, and the longest it was let go beyond its share.
    package func processorShare(
        _ enforcement: IsolationSettings.Enforcement, seconds: Int
    ) throws(HostFailure) -> (percent: Double, mechanism: String) {
        let pool = try pool(enforcement, .standard)
        defer { pool.stop() }
        let host = try pool.ready()
        defer { host.kill() }
        let start = MonotonicTime.now()
        _ = host.run(Self.request(.burn), deadline: start.adding(milliseconds: seconds * 1000))
        let percent = host.usage.cpuMs / MonotonicTime.now().milliseconds(since: start) * 100
        let mechanism = pool.isolation.report.entries.first { $0.resource == "cpu" }?.mechanism.rawValue ?? ""
        return (percent, mechanism)
    }

    /// Milliseconds from the moment a host holds more than it may until its slot knows that it is dead, sorted.
    package func breachToDeath(
        _ enforcement: IsolationSettings.Enforcement, rounds: Int
    ) throws(HostFailure) -> [Double] {
        let pool = try pool(enforcement, .standard)
        defer { pool.stop() }
        var times: [Double] = []
        for _ in 0..<rounds {
            let host = try pool.ready()
            let crossing = try HostFailure.ifRefused { () throws(SystemFailure) in
                try Crossing(host.pid, bytes: Int64(ceilings.memoryMB) << 20)
            }
            _ = host.run(Self.request(.hoard), deadline: .now().adding(milliseconds: 10_000))
            let end = MonotonicTime.now()
            if let crossed = crossing.time() { times.append(end.milliseconds(since: crossed)) }
            host.kill()
        }
        return times.sorted()
    }

    /// Percent of a core that watching costs while so many hosts run steps.
    package func monitorCost(
        _ enforcement: IsolationSettings.Enforcement, hosts count: Int, offence: Offence, seconds: Int
    ) throws(HostFailure) -> Double {
        let pool = try pool(enforcement, .standard)
        defer { pool.stop() }
        var hosts: [Host] = []
        for _ in 0..<count { hosts.append(try pool.ready()) }
        defer { for host in hosts { host.kill() } }
        for host in hosts { host.beginWithoutWaiting(Self.request(offence)) }
        let wake = try HostFailure.ifRefused(WakeDescriptor.init)
        let (start, used) = (MonotonicTime.now(), ProcessMeter.ownCPUNanoseconds)
        _ = wake.wait(until: start.adding(milliseconds: seconds * 1000))
        // All other threads sleep meanwhile.
        let spent = ProcessMeter.ownCPUNanoseconds - used
        return Double(spent) / Double(MonotonicTime.now().nanoseconds(since: start)) * 100
    }

    /// Milliseconds from the death of a host until the next one is ready, sorted.
    package func deathToReady(_ sandbox: IsolationSettings.Sandbox, rounds: Int) throws(HostFailure) -> [Double] {
        let pool = try pool(of: launcher, "serve", .auto, sandbox)
        defer { pool.stop() }
        var host = try pool.ready()
        var times: [Double] = []
        let wake = try HostFailure.ifRefused(WakeDescriptor.init)
        for _ in 0..<rounds {
            let start = MonotonicTime.now()
            kill(host.pid, SIGKILL)
            _ = host.waitIdle(wake: wake, until: start.adding(milliseconds: 5000))
            host.kill()
            host = try pool.ready()
            times.append(MonotonicTime.now().milliseconds(since: start))
        }
        host.kill()
        return times.sorted()
    }

    /// Microseconds of steps that do nothing, one after the other on one host, sorted.
    package func emptySteps(_ sandbox: IsolationSettings.Sandbox, steps: Int) throws(HostFailure) -> [Double] {
        let pool = try pool(.auto, sandbox)
        defer { pool.stop() }
        let host = try pool.ready()
        defer { host.kill() }
        var times: [Double] = []
        for _ in 0..<steps {
            let start = MonotonicTime.now()
            _ = host.run([0x2D], deadline: start.adding(milliseconds: 5000))
            times.append(MonotonicTime.now().milliseconds(since: start) * 1000)
        }
        return times.sorted()
    }

    /// Microseconds of what is measured and watched for each step, without the step.
    package func accounting(steps: Int) throws(HostFailure) -> Double {
        let pool = try pool(.auto, .standard)
        defer { pool.stop() }
        let host = try pool.ready()
        defer { host.kill() }
        return host.accountingTime(steps: steps)
    }

    private static func request(_ offence: Offence) -> [UInt8] { Array(offence.rawValue.utf8) }
}

/// Watches, on a thread of its own and without rest, for the moment a process holds more than it may.
private final class Crossing: Sendable {
    private let thread: PermanentThread
    private let found: Found

    private final class Found: Sendable {
        let nanoseconds = Atomic<Int64>(0)
        let isOver = Atomic(false)
    }

    init(_ pid: Int32, bytes: Int64) throws(SystemFailure) {
        let found = Found()
        self.found = found
        thread = try PermanentThread(name: "crossing") {
            let meter = ProcessMeter(pid)
            while !found.isOver.load(ordering: .relaxed) {
                if meter.residentBytes > bytes {
                    found.nanoseconds.store(MonotonicTime.now().nanoseconds, ordering: .relaxed)
                    break
                }
                usleep(100)
            }
            meter.close()
        }
    }

    /// When it was; nil where it was not seen.
    func time() -> MonotonicTime? {
        found.isOver.store(true, ordering: .relaxed)
        thread.join()
        let time = found.nanoseconds.load(ordering: .relaxed)
        return time == 0 ? nil : MonotonicTime(nanoseconds: time)
    }
}
