import Glibc

/// What the system says of this process's machine and of its share of it.
package enum SystemFacts {
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Processors this process may use: its affinity, and its cgroup's quota rounded up.
    package static var usableProcessors: Int {
        let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let allowed = affinity ?? online
        return max(1, min(allowed, quota ?? allowed))
    }

    /// Memory this process may use, in units of 2^20 bytes: the machine's, or its cgroup's limit where that is less.
    package static var usableMemoryMB: Int {
        let machine = machineMemoryBytes
        return min(machine, OwnCgroup.memoryLimits.map(\.bytes).min() ?? machine) >> 20
    }

    static var machineMemoryBytes: Int { Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(getpagesize()) }

    /// `Cpus_allowed_list` of /proc/self/status: `0-3,8`.
    private static var affinity: Int? {
        let status = FileContent.text("/proc/self/status")
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") }) else {
            return nil
        }
        let ranges = line.dropFirst("Cpus_allowed_list:".count).split(whereSeparator: { $0 == "," || $0.isWhitespace })
        return ranges.reduce(0) { sum, range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return sum }
            return sum + last - first + 1
        }
    }

    /// The tightest `cpu.max` of this process's cgroups, in whole processors.
    private static var quota: Int? {
        OwnCgroup.directories.compactMap { directory -> Int? in
            let words = FileContent.text("\(directory)/cpu.max").split(whereSeparator: \.isWhitespace)
            let parts = words.compactMap { Int($0) }
            guard parts.count == 2, parts[1] > 0 else { return nil }
            return (parts[0] + parts[1] - 1) / parts[1]
        }.min()
    }
}
