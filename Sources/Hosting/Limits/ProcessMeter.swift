import CLinux
import Glibc

/// Reads what one process has used, about a microsecond a reading: its clock, and a descriptor of its
/// `/proc/PID/statm` that is kept open. Neither can come to mean another process that gets its number later.
struct ProcessMeter: Sendable {
    private let clock: clockid_t?
    private let statm: Int32
    private static let pageSize = Int64(getpagesize())

    init(_ pid: Int32) {
        var found = clockid_t()
        clock = clock_getcpuclockid(pid, &found) == 0 ? found : nil
        statm = open("/proc/\(pid)/statm", O_RDONLY | O_CLOEXEC)
    }

    /// Processor time so far, in nanoseconds; nil once the process has been reaped.
    var cpuNanoseconds: Int64? {
        guard let clock else { return nil }
        let used = linux_cpu_ns(clock)
        return used < 0 ? nil : used
    }

    /// The resident set now; 0 once the process has ended.
    var residentBytes: Int64 { statm < 0 ? 0 : linux_resident_pages(statm) * Self.pageSize }

    /// Closes the descriptor; the meter is of no use afterwards.
    func close() {
        if statm >= 0 { Glibc.close(statm) }
    }
}

extension ProcessMeter {
    /// What processes that are looked at once hold together.
    static func residentBytes(of processes: [Int32]) -> Int64 {
        processes.reduce(0) { sum, process in
            let statm = open("/proc/\(process)/statm", O_RDONLY | O_CLOEXEC)
            guard statm >= 0 else { return sum }
            defer { Glibc.close(statm) }
            return sum + linux_resident_pages(statm) * pageSize
        }
    }
}
