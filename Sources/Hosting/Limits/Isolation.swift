import Glibc
import Scheduling
import Synchronization

/// Keeps the hosts of a pool in their limits: what the kernel offers for it is found out once, at the start.
package final class Isolation: Sendable {
    package let settings: IsolationSettings
    /// What is in force, and what is not.
    package let report: IsolationReport
    private let home: CgroupHome?
    private let monitor: HostMonitor
    private let isStopped = Atomic(false)

    /// - Throws: `HostFailure` of code `isolation` when control groups are asked for and cannot be had, of code
    ///   `resources` when there is no thread for the monitor.
    package init(_ settings: IsolationSettings) throws(HostFailure) {
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
        report = IsolationReport(settings, controllers: found?.controllers, shortcoming: shortcoming)
        do throws(HostFailure) {
            monitor = try HostMonitor()
        } catch {
            found?.release()
            throw error
        }
    }

    deinit {
        stop()
    }

    /// Ends the monitor and removes the control groups; no host is left.
    package func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        monitor.stop()
        home?.release()
    }

    /// What the next host is started with.
    func admit() -> Confinement {
        var confinement = Confinement(settings, cgroup: home?.makeGroup(settings))
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
    }
}

/// What one host is started with.
struct Confinement: Sendable {
    let cgroup: HostCgroup?
    let sandbox: IsolationSettings.Sandbox
    /// `RLIMIT_DATA`, in units of 2^20 bytes. More than a step may hold: it counts what is mapped, not what is used.
    var memoryMB: Int?
    /// `RLIMIT_FSIZE`, in units of 2^20 bytes.
    var fileMB: Int
    var openFiles: Int
    /// `RLIMIT_NPROC`, where the host has a user of its own.
    var processes: Int?

    init(_ settings: IsolationSettings, cgroup: HostCgroup?) {
        self.cgroup = cgroup
        sandbox = settings.sandbox
        fileMB = settings.fileMB
        openFiles = settings.openFiles
    }
}
