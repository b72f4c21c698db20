import Glibc

/// How much anonymous memory is in use where this process's limit holds: in its cgroup, else on the machine. The page
/// cache is not in it: the kernel takes that back when somebody needs memory.
package enum MemoryInUse {
    /// What others than these processes hold, this one among them, in units of 2^20 bytes.
    package static func others(than processes: [Int32]) -> Int {
        let total = cgroupBytes ?? machineBytes
        let theirs = processes.reduce(0) { $0 + Int(ProcessMeter.memory(of: $1).unshared) }
        return max(0, total - theirs) >> 20
    }

    /// Of the cgroup whose limit is the tightest, where that is less than the machine has.
    private static var cgroupBytes: Int? {
        let machine = SystemFacts.machineMemoryBytes
        let tightest = OwnCgroup.memoryLimits.filter { $0.bytes < machine }.min { $0.bytes < $1.bytes }
        return tightest.flatMap { value(of: $0.anonymous, in: "\($0.directory)/memory.stat") }
    }

    private static var machineBytes: Int {
        ["AnonPages:", "Shmem:"].reduce(0) { $0 + (value(of: $1, in: "/proc/meminfo") ?? 0) } << 10
    }

    private static func value(of name: String, in path: String) -> Int? {
        for line in FileContent.text(path).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
