import Glibc
import System

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
        attempt(.mount) { () throws(SystemFailure) in
            try Privileges.mountPrivate(
                scratch, megabytes: arguments.fileMB ?? 64, owner: arguments.user ?? Int(getuid()))
        }
    }

    /// Everything else, except for the filter of calls, which would stand in the way of what comes after.
    func enter() {
        // Opened before the user changes, since they may lie where only the node may look.
        let rules = arguments.means.contains(.landlock) ? fileRules() : nil
        if arguments.means.contains(.user), let user = arguments.user {
            attempt(.user) { () throws(SystemFailure) in try Privileges.become(user: user) }
        }
        if arguments.means.contains(.capabilities) { attempt(.capabilities, Privileges.dropCapabilities) }
        do throws(SystemFailure) {
            try rules?.enter()
        } catch {
            refuse(.landlock, error.reason)
        }
    }

    func refuseCalls() {
        if arguments.means.contains(.signals) {
            let node = arguments.parent ?? getppid()
            attempt(.signals) { () throws(SystemFailure) in try CallFilter.refuseSignals(to: node) }
        }
        if arguments.means.contains(.calls) { attempt(.calls, CallFilter.refuseReachingOut) }
    }

    /// What every program may read; what it may not, a strategy need not know.
    private static let readable = [
        "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/localtime", "/etc/alternatives", "/etc/ssl/openssl.cnf", "/dev/random",
        "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg",
        "/proc/filesystems", "/sys/devices/system/cpu", "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/memory.max",
    ]

    private static let writable = ["/dev/null", "/dev/zero", "/dev/full"]

    private func fileRules() -> FileRules? {
        do throws(SystemFailure) {
            let rules = try FileRules()
            for path in Self.readable + arguments.readable { allow(.reading, path, rules) }
            let scratch = arguments.scratch.map { [$0] } ?? []
            for path in Self.writable + scratch { allow(.writing, path, rules) }
            return rules
        } catch {
            refuse(.landlock, error.reason)
            return nil
        }
    }

    private func allow(_ access: FileRules.Access, _ path: String, _ rules: borrowing FileRules) {
        do throws(SystemFailure) {
            try rules.allow(access, below: path)
        } catch {
            refuse(.landlock, error.reason)
        }
    }

    private func attempt(_ means: SandboxPlan.Means, _ body: () throws(SystemFailure) -> Void) {
        do throws(SystemFailure) {
            try body()
        } catch {
            refuse(means, error.reason)
        }
    }
}
