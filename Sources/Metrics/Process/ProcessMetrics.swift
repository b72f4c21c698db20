import Glibc
import System

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
        registry.gauge(.processMaximumDescriptors).set(OpenFiles.current.map { Double($0) } ?? .infinity)
        if let start = Self.startTime() { registry.gauge(.processStartTime).set(start) }
        registry.beforeExposition(refresh)
    }

    package func refresh() {
        cpu.mirror(total: UInt64(clamping: ProcessMeter.ownCPUNanoseconds))
        let pages = FileContent.text("/proc/self/statm").split(separator: " ").compactMap { Double($0) }
        let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
        if pages.count > 1 {
            virtual.set(pages[0] * pageSize)
            resident.set(pages[1] * pageSize)
        }
        // One of them is what it looks with.
        let open = DirectoryEntries.list("/proc/self/fd").count - 1
        if open >= 0 { descriptors.set(open) }
    }

    /// Seconds since the epoch: boot time plus field 22 of /proc/self/stat.
    private static func startTime() -> Double? {
        let fields = ProcessFiles.stat(of: "self")
        guard fields.count > 19, let ticks = Double(fields[19]),
            let boot = FileContent.text("/proc/stat").split(separator: "\n")
                .first(where: { $0.hasPrefix("btime ") })?.split(separator: " ").last.flatMap({ Double($0) })
        else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
