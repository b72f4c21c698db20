import Glibc
package import Scheduling
import Synchronization
import System

/// Keeps the hosts of a pool in their limits: what the kernel offers for it is found out once, at the start.
package final class Isolation: Sendable {
    package let settings: IsolationSettings
    /// What is in force, and what is not.
    package let report: IsolationReport
    private let plan: SandboxPlan
    private let home: CgroupHome?
    private let monitor: HostMonitor
    private let isStopped = Atomic(false)

    /// Users that hosts have now, as numbers from `firstUser` on.
    private let users = Mutex<Set<Int>>([])
    private let firstUser = SandboxPlan.firstUser + Int(getpid() % 64) * 64

    /// From now on the process itself cannot be looked into by others of its user, unless the sandbox is off.
    ///
    /// - Parameter launcher: the path of `optimizer-host`, which is asked what the kernel offers.
    /// - Throws: `HostFailure` of code `isolation` when control groups are asked for and cannot be had, of code
    ///   `resources` when there is no thread for the monitor.
    package init(_ settings: IsolationSettings, launcher: String) throws(HostFailure) {
        self.settings = settings
        var found: CgroupHome?
        var shortcoming = "isolation.enforcement is rlimit"
        if settings.enforcement != .rlimit {
            do throws(CgroupHome.Missing) {
                let home = try CgroupHome.acquire()
                found = home
                shortcoming = home.shortcoming
            } catch {
                shortcoming = error.reason
            }
        }
        if settings.enforcement == .cgroup, found?.controllers != .all {
            found?.release()
            throw HostFailure(
                .isolation, "isolation.enforcement is cgroup, and that cannot be had: \(shortcoming)",
                remedy: "run the node where cgroup v2 is delegated to it (systemd: Delegate=yes), or set auto")
        }
        home = found
        if settings.sandbox != .off { OwnProcess.becomeUndumpable() }
        let probe = SandboxProbe(launcher: launcher, settings: settings).run()
        plan = probe.plan
        report = IsolationReport(
            settings, controllers: found?.controllers, shortcoming: shortcoming, plan: plan,
            sandboxShortcomings: probe.shortcomings)
        do throws(SystemFailure) {
            monitor = try HostMonitor()
        } catch {
            found?.release()
            throw HostFailure(error)
        }
    }

    deinit {
        stop()
    }

    /// When the hosts were last looked at, which is every second at least.
    package var lastLook: MonotonicTime { monitor.lastLook }

    /// Ends the monitor and removes the control groups; no host is left.
    ///
    /// - Parameter until: how long the monitor is waited for.
    /// - Returns: whether it has ended.
    @discardableResult
    package func stop(until: MonotonicTime = .now().adding(milliseconds: 10_000)) -> Bool {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return true }
        defer { home?.release() }
        return monitor.stop(until: until)
    }

    /// What the next host is started with.
    /// - Throws: `HostFailure` of code `isolation` where it has to have a control group and gets none.
    func admit() throws(HostFailure) -> Confinement {
        let cgroup = home?.makeGroup(settings)
        if cgroup == nil, settings.enforcement == .cgroup {
            throw HostFailure(
                .isolation, "isolation.enforcement is cgroup, and no control group could be made for the host",
                remedy: "see that the node may still make groups, or set isolation.enforcement to auto")
        }
        var confinement = Confinement(settings, plan, cgroup: cgroup)
        if plan.means.contains(.user) {
            confinement.user = takeUser()
            confinement.processes = settings.processes
        }
        if settings.sandbox == .strict { confinement.scratch = ScratchDirectory.make(for: confinement.user) }
        if confinement.cgroup?.controllers.contains(.memory) != true {
            confinement.memoryMB = settings.ceilings.memoryMB + max(64, settings.ceilings.memoryMB / 8)
        }
        return confinement
    }

    /// The host has been started.
    func watch(_ pid: Int32, _ confinement: Confinement) -> HostWatch {
        let watch = HostWatch(pid, cgroup: confinement.cgroup, settings: settings) { [monitor] in monitor.stepBegins() }
        monitor.add(watch)
        return watch
    }

    /// Nothing of the host is left, or it has not been started after all.
    func release(_ confinement: Confinement) {
        if let cgroup = confinement.cgroup { home?.remove(cgroup) }
        if let scratch = confinement.scratch { ScratchDirectory.remove(scratch) }
        if let user = confinement.user { _ = users.withLock { $0.remove(user) } }
    }

    private func takeUser() -> Int {
        users.withLock { users in
            var user = firstUser
            while users.contains(user) { user += 1 }
            users.insert(user)
            return user
        }
    }
}

/// What one host is started with.
struct Confinement: Sendable {
    let cgroup: HostCgroup?
    let plan: SandboxPlan
    let readable: [String]
    /// The user it becomes, with a group of the same number.
    var user: Int?
    /// The temporary directory that is made for it and goes with it.
    var scratch: String?
    /// `RLIMIT_DATA`, in units of 2^20 bytes. More than a step may hold: it counts what is mapped, not what is used.
    var memoryMB: Int?
    /// `RLIMIT_FSIZE`, in units of 2^20 bytes.
    var fileMB: Int
    var openFiles: Int
    /// `RLIMIT_NPROC`, where the host has a user of its own.
    var processes: Int?
    /// Whether the launcher only says what is not to be had.
    var isProbe = false

    init(_ settings: IsolationSettings, _ plan: SandboxPlan, cgroup: HostCgroup?) {
        self.cgroup = cgroup
        self.plan = plan
        readable = settings.readablePaths.map(ReadablePaths.absolute)
        fileMB = settings.fileMB
        openFiles = settings.openFiles
    }
}
