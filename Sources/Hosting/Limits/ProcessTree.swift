import Glibc
import System

/// The processes a host has started, found by way of their parents, with what they use. The monitor's own.
///
/// Where there is no cgroup that counts them. A process that has lost its parent is not found here: it has become a
/// child of the node, which ends it with its host.
struct ProcessTree: ~Copyable {
    private let pid: Int32
    /// The main thread's list of children, kept open: the cheap look.
    private let mainChildren: Int32
    private var meters: [Int32: ProcessMeter] = [:]
    private var lastCPU: [Int32: Int64] = [:]
    private var looks = 0

    /// Processor time of the descendants so far, also of those that have ended since.
    private(set) var cpuNanoseconds: Int64 = 0
    /// What the descendants hold beyond what they share with the host.
    private(set) var residentBytes: Int64 = 0
    private let own: ProcessMeter

    init(_ pid: Int32) {
        self.pid = pid
        own = ProcessMeter(pid)
        mainChildren = KernelFile.open("/proc/\(pid)/task/\(pid)/children")
    }

    deinit {
        for meter in meters.values { meter.close() }
        own.close()
        if mainChildren >= 0 { close(mainChildren) }
    }

    /// The descendants that were seen last.
    var descendants: [Int32] { Array(meters.keys) }

    /// Looks again. Where nothing was seen it asks all threads only every fifth time.
    mutating func look() {
        looks += 1
        var byte: UInt8 = 0
        let isLeaf = unsafe meters.isEmpty && looks % 5 != 0 && pread(mainChildren, &byte, 1, 0) <= 0
        if isLeaf { return }
        update(ProcessFiles.descendants(of: pid))
    }

    private mutating func update(_ found: [Int32]) {
        for gone in Set(meters.keys).subtracting(found) {
            meters.removeValue(forKey: gone)?.close()
            lastCPU[gone] = nil
        }
        residentBytes = 0
        let memory = own.memory
        for process in found {
            let meter = meters[process] ?? ProcessMeter(process)
            meters[process] = meter
            residentBytes += meter.memory.beyond(memory)
            guard let cpu = meter.cpuNanoseconds else { continue }
            cpuNanoseconds += max(0, cpu - (lastCPU[process] ?? 0))
            lastCPU[process] = cpu
        }
    }
}
