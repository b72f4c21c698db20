import Glibc
import Scheduling
import System

/// The control group of one host: everything it starts is in it, whatever it does to get away.
struct HostCgroup: Sendable {
    let path: String
    let controllers: CgroupHome.Controllers
    private let cpuStat: Int32
    private let processes: Int32

    /// The group has been made; opens what is read often.
    init(path: String, controllers: CgroupHome.Controllers) {
        self.path = path
        self.controllers = controllers
        cpuStat = KernelFile.open("\(path)/cpu.stat")
        processes = KernelFile.open("\(path)/cgroup.procs")
    }

    /// Processor time of everything that has been in the group, in nanoseconds; nil where the kernel does not say.
    var cpuNanoseconds: Int64? {
        number("usage_usec", in: KernelFile.read(cpuStat)).map { $0 * 1000 }
    }

    /// How long the kernel held the group back, in nanoseconds; nil without the controller.
    var throttledNanoseconds: Int64? {
        number("throttled_usec", in: KernelFile.read(cpuStat)).map { $0 * 1000 }
    }

    var members: [Int32] { ProcessFiles.numbers(KernelFile.read(processes)) }

    /// How often the kernel has killed in the group for want of memory.
    var memoryKills: Int64 { number("oom_kill", in: FileContent.read("\(path)/memory.events")) ?? 0 }

    /// How often the kernel has refused a process.
    var refusedProcesses: Int64 { number("max", in: FileContent.read("\(path)/pids.events")) ?? 0 }

    var memoryPeakBytes: Int64? {
        Int64(FileContent.text("\(path)/memory.peak").prefix { $0.isNumber })
    }

    /// - Returns: whether the kernel took it.
    @discardableResult
    func limit(_ limits: ResourceLimits) -> Bool {
        var isTaken = true
        if controllers.contains(.cpu) {
            isTaken = KernelFile.write("\(limits.cpuPercent * 1000) 100000", to: "\(path)/cpu.max")
        }
        if controllers.contains(.memory) {
            isTaken = KernelFile.write(String(limits.memoryMB << 20), to: "\(path)/memory.max") && isTaken
        }
        return isTaken
    }

    /// Stops or continues everything in the group; returns false where the kernel cannot.
    func freeze(_ isFrozen: Bool) -> Bool {
        KernelFile.write(isFrozen ? "1" : "0", to: "\(path)/cgroup.freeze")
    }

    /// Kills everything in the group; returns false where the kernel cannot.
    func kill() -> Bool {
        // A group that has used up its quota could not even die before its next period.
        if controllers.contains(.cpu) { _ = KernelFile.write("max 100000", to: "\(path)/cpu.max") }
        return KernelFile.write("1", to: "\(path)/cgroup.kill")
    }

    /// Closes the descriptors; the group itself stays.
    func close() {
        for descriptor in [cpuStat, processes] where descriptor >= 0 { Glibc.close(descriptor) }
    }

    private func number(_ name: String, in content: [UInt8]) -> Int64? {
        for line in content.split(separator: 0x0A) where line.starts(with: name.utf8) {
            let rest = line.dropFirst(name.utf8.count)
            if rest.first == 0x20 { return Int64(String(decoding: rest.dropFirst(), as: UTF8.self)) }
        }
        return nil
    }
}
