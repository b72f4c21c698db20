import Glibc
import System

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

    /// Of the cgroup whose limit is the tightest, where that is less than the machine has.
    private static var cgroupBytes: Int? {
        let machine = Int(sysconf(Int32(_SC_PHYS_PAGES))) * pageBytes
        let tightest = limits.filter { $0.bytes < machine }.min { $0.bytes < $1.bytes }
        return tightest.flatMap { value(of: $0.anonymous, in: "\($0.directory)/memory.stat") }
    }

    /// The limits on this process: of its cgroup and of those above it, or of version 1.
    private static var limits: [(bytes: Int, directory: String, anonymous: String)] {
        let line = text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::/") }
        var directories = ["/sys/fs/cgroup"]
        for part in line?.dropFirst(4).split(separator: "/") ?? [] {
            directories.append("\(directories.last ?? "")/\(part)")
        }
        let current = directories.map { (number("\($0)/memory.max"), $0, "anon") }
        let old = "/sys/fs/cgroup/memory"
        return (current + [(number("\(old)/memory.limit_in_bytes"), old, "total_rss")]).compactMap { entry in
            entry.0.map { ($0, entry.1, entry.2) }
        }
    }

    private static func number(_ path: String) -> Int? { Int(text(path).prefix { !$0.isWhitespace }) }

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
