import Glibc
import System

/// What has to be done where this process is in the cgroup v2 tree, for groups of its own.
enum CgroupPlace {
    /// Gets the controllers from `parent` down into `home`, moving this process into a leaf where that is needed.
    /// - Returns: the controllers hosts will have, and why some are missing.
    static func delegate(from parent: String, to home: String) -> (CgroupHome.Controllers, String) {
        let offered = Set(
            FileContent.text("\(parent)/cgroup.controllers").split(whereSeparator: \.isWhitespace).map(String.init))
        let wanted = ["cpu", "memory", "pids"].filter(offered.contains)
        guard !wanted.isEmpty else { return ([], "\(parent) offers no cpu, memory or pids controller") }
        let order = wanted.map { "+\($0)" }.joined(separator: " ")
        // The root group may have both processes and controllers to hand down; any other must be empty first.
        if !KernelFile.write(order, to: "\(parent)/cgroup.subtree_control") {
            guard unsafe mkdir("\(home)/node", 0o755) == 0 || errno == EEXIST,
                KernelFile.write("0", to: "\(home)/node/cgroup.procs")
            else { return ([], "cannot move into a leaf of \(home)") }
            guard KernelFile.write(order, to: "\(parent)/cgroup.subtree_control") else {
                let reason = "\(parent) does not hand down its controllers: \(describe(errno: errno))"
                _ = KernelFile.write("0", to: "\(parent)/cgroup.procs")
                unsafe rmdir("\(home)/node")
                return ([], reason)
            }
        }
        guard KernelFile.write(order, to: "\(home)/cgroup.subtree_control") else {
            return ([], "\(home) does not hand down its controllers: \(describe(errno: errno))")
        }
        var controllers: CgroupHome.Controllers = []
        if wanted.contains("cpu") { controllers.insert(.cpu) }
        if wanted.contains("memory") { controllers.insert(.memory) }
        if wanted.contains("pids") { controllers.insert(.pids) }
        let missing = ["cpu", "memory", "pids"].filter { !offered.contains($0) }
        return (controllers, missing.isEmpty ? "" : "\(parent) offers no \(missing.joined(separator: ", ")) controller")
    }

    /// Takes the process back out of its leaf and removes the home.
    static func withdraw(_ home: String, to parent: String) {
        if unsafe access("\(home)/node", F_OK) == 0 {
            // As long as it hands controllers down, the parent may have no processes.
            for group in [home, parent] {
                _ = KernelFile.write("-cpu -memory -pids", to: "\(group)/cgroup.subtree_control")
            }
            _ = KernelFile.write("0", to: "\(parent)/cgroup.procs")
        }
        _ = removeTree(home)
    }

    /// Removes the homes of nodes that died: nobody holds their lock any more.
    static func removeAbandoned(under parent: String) {
        for name in DirectoryEntries.list(parent) where name.hasPrefix("optimizer-") {
            let home = "\(parent)/\(name)"
            let lock = unsafe open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard lock >= 0 else { continue }
            defer { close(lock) }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { continue }
            _ = KernelFile.write("1", to: "\(home)/cgroup.kill")
            _ = removeTree(home)
        }
    }

    private static func removeTree(_ path: String) -> Bool {
        for name in DirectoryEntries.list(path) {
            var information = stat()
            guard unsafe lstat("\(path)/\(name)", &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
                continue
            }
            _ = removeTree("\(path)/\(name)")
        }
        return remove(path)
    }

    /// Removes a group whose processes are dying; false when they take longer than a tenth of a second.
    static func remove(_ path: String) -> Bool {
        let events = KernelFile.open("\(path)/cgroup.events")
        defer { if events >= 0 { close(events) } }
        for _ in 0..<20 {
            if unsafe rmdir(path) == 0 || errno == ENOENT { return true }
            guard errno == EBUSY, events >= 0 else { return false }
            // Wakes when the group becomes empty; reading arms it again.
            _ = KernelFile.read(events)
            var change = pollfd(fd: events, events: Int16(POLLPRI), revents: 0)
            unsafe poll(&change, 1, 5)
        }
        return false
    }
}
