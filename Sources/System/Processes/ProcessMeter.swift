import CLinux
import Glibc

/// Reads what one process has used, about a microsecond a reading: its clock, and a descriptor of its
/// `/proc/PID/statm` that is kept open. Neither can come to mean another process that gets its number later.
package struct ProcessMeter: Sendable {
    private let clock: clockid_t?
    private let statm: Int32
    private static let pageSize = Int64(getpagesize())

    package init(_ pid: Int32) {
        var found = clockid_t()
        clock = unsafe clock_getcpuclockid(pid, &found) == 0 ? found : nil
        statm = KernelFile.open("/proc/\(pid)/statm")
    }

    /// Processor time so far, in nanoseconds; nil once the process has been reaped.
    package var cpuNanoseconds: Int64? {
        guard let clock else { return nil }
        let used = linux_cpu_ns(clock)
        return used < 0 ? nil : used
    }

    /// The resident set now; nothing once the process has ended.
    package var memory: Memory { Self.memory(in: statm) }

    /// The resident set now, in bytes.
    package var residentBytes: Int64 { memory.resident }

    /// A resident set in bytes, and the part of it that is files and shared memory.
    package struct Memory: Sendable {
        package fileprivate(set) var resident: Int64 = 0
        fileprivate var shared: Int64 = 0

        /// What this process holds beyond what it shares with the one it descends from: its program and its libraries.
        package func beyond(_ ancestor: Memory) -> Int64 { resident - min(shared, ancestor.shared) }

        /// What is neither a file nor shared.
        var unshared: Int64 { max(0, resident - shared) }
    }

    private static func memory(in statm: Int32) -> Memory {
        guard statm >= 0 else { return Memory() }
        var shared: Int64 = 0
        let resident = unsafe linux_resident_pages(statm, &shared)
        return Memory(resident: resident * pageSize, shared: shared * pageSize)
    }

    /// Closes the descriptor; the meter is of no use afterwards.
    package func close() {
        if statm >= 0 { Glibc.close(statm) }
    }
}

extension ProcessMeter {
    /// What processes that are looked at once hold together, beyond what they share with the one they descend from.
    package static func residentBytes(of processes: [Int32], beyond ancestor: Memory) -> Int64 {
        processes.reduce(0) { $0 + memory(of: $1).beyond(ancestor) }
    }

    /// The resident set of a process that is looked at once; nothing where it has ended.
    static func memory(of process: Int32) -> Memory {
        let statm = KernelFile.open("/proc/\(process)/statm")
        defer { if statm >= 0 { Glibc.close(statm) } }
        return memory(in: statm)
    }

    /// Processor time of this process so far, all its threads, in nanoseconds.
    package static var ownCPUNanoseconds: Int64 { linux_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) }

    /// The largest resident set this process has had, in bytes.
    package static var ownPeakBytes: Int64 { linux_own_peak() }
}
