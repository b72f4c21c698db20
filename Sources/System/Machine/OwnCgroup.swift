/// Where in the cgroup tree this process is.
package enum OwnCgroup {
    /// The directory of this process's version 2 group; nil where that is not mounted or not seen.
    package static var path: String? {
        guard let mountPoint, let group else { return nil }
        // A group outside the part of the tree that is mounted here begins with "..".
        guard !group.hasPrefix("/..") else { return nil }
        return group == "/" ? mountPoint : mountPoint + group
    }

    /// That directory and those above it, each of which may limit this process; the outermost first.
    static var directories: [String] {
        guard let mountPoint else { return [] }
        var directories = [mountPoint]
        for part in path?.dropFirst(mountPoint.count).split(separator: "/") ?? [] {
            directories.append("\(directories.last ?? "")/\(part)")
        }
        return directories
    }

    /// A limit on the memory of this process and others.
    struct MemoryLimit {
        let bytes: Int
        /// Of the group that has it.
        let directory: String
        /// What the group's `memory.stat` calls memory that is no file's.
        let anonymous: String
    }

    /// The limits of this process's groups, or the one of version 1.
    static var memoryLimits: [MemoryLimit] {
        let old = "/sys/fs/cgroup/memory"
        let current = directories.map { (file: "\($0)/memory.max", directory: $0, anonymous: "anon") }
        return (current + [("\(old)/memory.limit_in_bytes", old, "total_rss")]).compactMap { entry in
            // "max" where there is none.
            Int(FileContent.text(entry.file).prefix { !$0.isWhitespace }).map {
                MemoryLimit(bytes: $0, directory: entry.directory, anonymous: entry.anonymous)
            }
        }
    }

    /// What follows `0::` in /proc/self/cgroup.
    private static var group: Substring? {
        FileContent.text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::/") }?.dropFirst(3)
    }

    /// The fifth field of the line of /proc/self/mountinfo whose file system type is cgroup2.
    private static var mountPoint: String? {
        for line in FileContent.text("/proc/self/mountinfo").split(separator: "\n") {
            let halves = line.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2, halves[1].hasPrefix("cgroup2 ") else { continue }
            let fields = halves[0].split(separator: " ")
            if fields.count > 4 { return String(fields[4]) }
        }
        return nil
    }
}
