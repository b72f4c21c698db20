import Glibc
import Hosting

/// How much anonymous memory is in use where the node's limit holds: in its cgroup, else on the machine. The page
/// cache is not in it: the kernel takes that back when somebody needs memory.
enum MemoryInUse {
    /// What others than these hosts hold, the node's own process among them, in units of 2^20 bytes.
    static func others(than hosts: [Int32]) -> Int {
        let total = cgroupBytes ?? machineBytes
        let ours = hosts.reduce(0) { $0 + anonymousBytes(of: $1) }
        return max(0, total - ours) >> 20
    }

    /// Resident less shared pages.
    private static func anonymousBytes(of pid: Int32) -> Int {
        let pages = text("/proc/\(pid)/statm").split(separator: " ").prefix(3).compactMap { Int($0) }
        return pages.count == 3 ? max(0, pages[1] - pages[2]) * pageBytes : 0
    }

    /// Of the cgroup, where that is what limits the node.
    private static var cgroupBytes: Int? {
        let line = text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::/") }
        if let path = line?.dropFirst(3), Int(text("/sys/fs/cgroup\(path)/memory.max").filter(\.isNumber)) != nil {
            return value(of: "anon", in: "/sys/fs/cgroup\(path)/memory.stat")
        }
        let machine = Int(sysconf(Int32(_SC_PHYS_PAGES))) * pageBytes
        guard let limit = Int(text("/sys/fs/cgroup/memory/memory.limit_in_bytes").filter(\.isNumber)), limit < machine
        else { return nil }
        return value(of: "total_rss", in: "/sys/fs/cgroup/memory/memory.stat")
    }

    private static var pageBytes: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

    private static var machineBytes: Int {
        ["AnonPages:", "Shmem:"].reduce(0) { $0 + (value(of: $1, in: "/proc/meminfo") ?? 0) } << 10
    }

    private static func value(of name: String, in path: String) -> Int? {
        for line in text(path).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }

    private static func text(_ path: String) -> String { String(decoding: FileContent.read(path), as: UTF8.self) }
}
