package import Scheduling
import System

/// How hosts are kept in their limits and away from everything else.
package struct IsolationSettings: Sendable {
    /// By what limits are enforced.
    package enum Enforcement: String, Sendable, CaseIterable {
        /// cgroup v2 as far as it may be used, the rest by rlimits and the monitor.
        case auto
        /// cgroup v2, or the node does not start.
        case cgroup
        /// rlimits and the monitor alone.
        case rlimit
    }

    /// How much of the system a host may reach.
    package enum Sandbox: String, Sendable, CaseIterable {
        /// No network, no writing but to a directory of its own, no reading but of what it needs, no other processes.
        case strict
        /// No privileges, and the node out of its reach.
        case standard
        /// Nothing but that it cannot gain privileges.
        case off
    }

    package var enforcement: Enforcement
    package var sandbox: Sandbox
    /// The most any step may use; a step may be given less.
    package var ceilings: ResourceLimits
    /// Processes and threads of one host.
    package var processes = 64
    /// The longest file a host may write, in units of 2^20 bytes.
    package var fileMB = 64
    /// Of one host. No process may be given more than the hard limit of the one that starts it.
    package var openFiles = min(1024, OpenFiles.most)
    /// What a strict sandbox lets hosts read beyond the system's own directories.
    package var readablePaths: [String]

    package init(
        enforcement: Enforcement = .auto, sandbox: Sandbox = .standard, ceilings: ResourceLimits,
        readablePaths: [String] = []
    ) {
        self.enforcement = enforcement
        self.sandbox = sandbox
        self.ceilings = ceilings
        self.readablePaths = readablePaths
    }
}
