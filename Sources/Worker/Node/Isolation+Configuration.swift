package import Configuration
package import Hosting
import Messages
import Scheduling

extension OptimizerConfiguration.Isolation.Enforcement {
    var hosting: IsolationSettings.Enforcement {
        switch self {
        case .auto: .auto
        case .cgroup: .cgroup
        case .rlimit: .rlimit
        }
    }
}

extension OptimizerConfiguration.Isolation.Sandbox {
    var hosting: IsolationSettings.Sandbox {
        switch self {
        case .strict: .strict
        case .standard: .standard
        case .off: .off
        }
    }
}

extension IsolationSettings {
    /// As a node with this configuration has them.
    ///
    /// - Parameter memoryMB: the most memory of a step, in place of the configuration's.
    package init(_ configuration: OptimizerConfiguration, memoryMB: Int? = nil) {
        self.init(
            enforcement: configuration.isolation.enforcement.hosting,
            sandbox: configuration.isolation.sandbox.hosting,
            ceilings: ResourceLimits(
                cpuPercent: configuration.limits.cpuPercent, memoryMB: memoryMB ?? configuration.limits.memoryMB,
                timeoutMs: configuration.limits.timeoutMs),
            readablePaths: [configuration.data.root])
    }
}

extension IsolationReport {
    /// As in `limits.enforcement` of `/status`.
    var json: JSONValue {
        .object(entries.map { JSONMember($0.resource, .string($0.mechanism.rawValue)) })
    }
}
