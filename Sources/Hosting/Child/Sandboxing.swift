import CLinux
import Glibc

/// Puts the calling process into its sandbox, step by step, in the only order that works.
struct Sandboxing {
    private let arguments: LauncherArguments
    /// Called with each means that cannot be had and why; a real start ends there, a probe goes on.
    private let refuse: (SandboxPlan.Means, String) -> Void

    init(_ arguments: LauncherArguments, refuse: @escaping (SandboxPlan.Means, String) -> Void) {
        self.arguments = arguments
        self.refuse = refuse
    }

    /// What needs the node's privileges: mounts.
    func enterMounts() {
        guard arguments.means.contains(.mount), let scratch = arguments.scratch else { return }
        let owner = arguments.user ?? Int(getuid())
        let options = "size=\(arguments.fileMB ?? 64)m,mode=0700,uid=\(owner),gid=\(owner)"
        check(linux_private_directory(scratch, options), .mount)
    }

    /// Everything else, except for the filter of calls, which would stand in the way of what comes after.
    func enter() {
        // Opened before the user changes, since they may lie where only the node may look.
        let rules = arguments.means.contains(.landlock) ? landlockRules() : -1
        if arguments.means.contains(.user), let user = arguments.user {
            check(linux_become_user(uid_t(user)), .user)
        }
        if arguments.means.contains(.capabilities) { check(linux_drop_capabilities(), .capabilities) }
        if rules >= 0 {
            check(linux_landlock_enter(rules), .landlock)
            close(rules)
        }
    }

    func refuseCalls() {
        if arguments.means.contains(.signals) {
            let node = arguments.parent ?? getppid()
            check(linux_keep_signals(), .signals)
            check(linux_refuse_signals_to(node, getpgid(node)), .signals)
        }
        if arguments.means.contains(.calls) { check(linux_refuse_calls(), .calls) }
    }

    /// What every program may read; what it may not, a strategy need not know.
    private static let readable = [
        "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/localtime", "/etc/alternatives", "/etc/ssl/openssl.cnf", "/dev/random",
        "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg",
        "/proc/filesystems", "/sys/devices/system/cpu", "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/memory.max",
    ]

    private static let writable = ["/dev/null", "/dev/zero", "/dev/full"]

    private func landlockRules() -> Int32 {
        let version = linux_landlock_version()
        guard version > 0 else {
            refuse(.landlock, describe(errno: -version))
            return -1
        }
        let rules = linux_landlock_begin(version)
        guard rules >= 0 else {
            refuse(.landlock, describe(errno: errno))
            return -1
        }
        for path in Self.readable + arguments.readable { allow(rules, version, path, linux_landlock_reading) }
        let scratch = arguments.scratch.map { [$0] } ?? []
        for path in Self.writable + scratch { allow(rules, version, path, linux_landlock_writing) }
        return rules
    }

    private func allow(_ rules: Int32, _ version: Int32, _ path: String, _ how: Int) {
        check(linux_landlock_allow(rules, version, path, Int32(how)), .landlock)
    }

    private func check(_ result: Int32, _ means: SandboxPlan.Means) {
        if result != 0 { refuse(means, describe(errno: errno)) }
    }
}
