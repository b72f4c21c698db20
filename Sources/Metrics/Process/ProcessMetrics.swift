import Glibc

/// The metrics of the node's own process, under the names every Prometheus exporter uses.
package struct ProcessMetrics: Sendable {
    private let cpu: Counter
    private let resident: Gauge
    private let virtual: Gauge
    private let descriptors: Gauge

    /// Registers them and keeps them up to date with each exposition.
    @discardableResult
    package init(in registry: MetricRegistry) {
        cpu = registry.counter(.processCPUSeconds)
        resident = registry.gauge(.processResidentMemory)
        virtual = registry.gauge(.processVirtualMemory)
        descriptors = registry.gauge(.processOpenDescriptors)
        if let maximum = Self.maximumDescriptors() { registry.gauge(.processMaximumDescriptors).set(maximum) }
        if let start = Self.startTime() { registry.gauge(.processStartTime).set(start) }
        registry.beforeExposition(refresh)
    }

    package func refresh() {
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            cpu.mirror(total: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
        }
        let pages = ProcessFiles.numbers(in: "/proc/self/statm")
        let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
        if pages.count > 1 {
            virtual.set(pages[0] * pageSize)
            resident.set(pages[1] * pageSize)
        }
        if let count = ProcessFiles.entryCount(of: "/proc/self/fd") { descriptors.set(count) }
    }

    private static func maximumDescriptors() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }

    /// Seconds since the epoch: boot time plus field 22 of /proc/self/stat, counted behind the command's name, which
    /// may hold blanks and parentheses.
    private static func startTime() -> Double? {
        guard let stat = ProcessFiles.text(of: "/proc/self/stat"), let name = stat.lastIndex(of: ")") else {
            return nil
        }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]),
            let boot = ProcessFiles.text(of: "/proc/stat")?.split(separator: "\n")
                .first(where: { $0.hasPrefix("btime ") })?.split(separator: " ").last.flatMap({ Double($0) })
        else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
