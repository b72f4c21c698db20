import Glibc
import Scheduling
import Synchronization
import System

/// What the hosts use, as the monitor saw it last. Any thread.
final class HostUsageBoard: Sendable {
    struct Usage: Sendable {
        /// Of one core, since the look before.
        let cpuPercent: Double
        /// Resident, in units of 2^20 bytes.
        let memoryMB: Double
    }

    private struct Reading: Sendable {
        let cpuSeconds: Double
        let time: MonotonicTime
        var usage: Usage?
    }

    private let readings = Mutex<[Int32: Reading]>([:])

    /// Looks at these processes, and forgets all others.
    func sample(_ hosts: [Int32], at now: MonotonicTime) {
        let before = readings.withLock { $0 }
        var found: [Int32: Reading] = [:]
        for host in hosts {
            guard let seen = Self.read(host) else { continue }
            var reading = Reading(cpuSeconds: seen.cpuSeconds, time: now)
            if let last = before[host] {
                let elapsed = max(0.001, now.milliseconds(since: last.time) / 1000)
                let share = max(0, seen.cpuSeconds - last.cpuSeconds) / elapsed
                reading.usage = Usage(cpuPercent: share * 100, memoryMB: seen.memoryMB)
            }
            found[host] = reading
        }
        readings.withLock { $0 = found }
    }

    /// nil: not looked at twice yet, or gone.
    subscript(_ host: Int32) -> Usage? { readings.withLock { $0[host]?.usage } }

    private static func read(_ host: Int32) -> (cpuSeconds: Double, memoryMB: Double)? {
        // utime, stime and rss.
        let fields = ProcessFiles.stat(of: String(host))
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let pages = Double(fields[21])
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return ((user + system) / ticks, pages * Double(sysconf(Int32(_SC_PAGESIZE))) / Double(1 << 20))
    }
}
