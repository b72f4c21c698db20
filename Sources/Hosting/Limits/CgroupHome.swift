import Glibc
import Synchronization
import System

/// The control groups of this node: one directory of its own in the cgroup v2 tree, with a group for each host.
///
/// There is one per process, because the process itself may have to move into a leaf of it: the kernel hands
/// controllers only to groups without processes of their own.
final class CgroupHome: Sendable {
    /// The controllers that hosts' groups have. Killing, freezing and counting work without any.
    struct Controllers: OptionSet, Sendable {
        let rawValue: Int
        static let cpu = Controllers(rawValue: 1)
        static let memory = Controllers(rawValue: 2)
        static let pids = Controllers(rawValue: 4)
        static let all: Controllers = [.cpu, .memory, .pids]
    }

    let path: String
    let controllers: Controllers
    /// Why controllers are missing; empty when none is.
    let shortcoming: String
    private let lock: Int32
    private let lastNumber = Mutex(0)
    /// Groups that would not go yet.
    private let leftovers = Mutex<[String]>([])

    /// The home in use, and by how many.
    private struct Current {
        var home: CgroupHome?
        var users = 0
    }

    private static let current = Mutex(Current())

    /// Why there is no home.
    struct Missing: Error {
        let reason: String
    }

    /// The process's home; made for its first user. Each user releases it.
    static func acquire() throws(Missing) -> CgroupHome {
        let result = current.withLock { current -> Result<CgroupHome, Missing> in
            do throws(Missing) {
                let home = if let home = current.home { home } else { try CgroupHome() }
                current.home = home
                current.users += 1
                return .success(home)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The last user gives everything back: the groups go, and the process returns to where it was.
    func release() {
        let isLast = Self.current.withLock { current in
            current.users -= 1
            if current.users == 0 { current.home = nil }
            return current.users == 0
        }
        guard isLast else { return }
        retryLeftovers()
        CgroupPlace.withdraw(path, to: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        close(lock)
    }

    private init() throws(Missing) {
        guard let parent = OwnCgroup.path else { throw Missing(reason: "no cgroup v2 file system is mounted") }
        CgroupPlace.removeAbandoned(under: parent)
        path = "\(parent)/optimizer-\(getpid())"
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw Missing(reason: "cannot create a group in \(parent): \(describe(errno: errno))")
        }
        // Held as long as the process lives: how the next node tells an abandoned home from one in use.
        lock = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, unsafe access("\(path)/cgroup.kill", W_OK) == 0 else {
            unsafe rmdir(path)
            throw Missing(reason: "the kernel has no cgroup.kill (Linux 5.14)")
        }
        (controllers, shortcoming) = CgroupPlace.delegate(from: parent, to: path)
    }

    /// A new group with these limits, for the host that is started next.
    func makeGroup(_ settings: IsolationSettings) -> HostCgroup? {
        retryLeftovers()
        let number = lastNumber.withLock { last in
            last += 1
            return last
        }
        let group = "\(path)/host-\(number)"
        guard unsafe mkdir(group, 0o755) == 0 else { return nil }
        let cgroup = HostCgroup(path: group, controllers: controllers)
        cgroup.limit(settings.ceilings)
        if controllers.contains(.memory) {
            _ = KernelFile.write("0", to: "\(group)/memory.swap.max")
            _ = KernelFile.write("1", to: "\(group)/memory.oom.group")
        }
        if controllers.contains(.pids) {
            _ = KernelFile.write(String(settings.processes), to: "\(group)/pids.max")
        }
        return cgroup
    }

    /// Removes a group whose processes have been killed.
    func remove(_ group: HostCgroup) {
        group.close()
        if !CgroupPlace.remove(group.path) { leftovers.withLock { $0.append(group.path) } }
    }

    private func retryLeftovers() {
        leftovers.withLock { paths in paths.removeAll { unsafe rmdir($0) == 0 || errno == ENOENT } }
    }
}
