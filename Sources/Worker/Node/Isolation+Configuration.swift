import Configuration
import Hosting
import Messages

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

extension IsolationReport {
    /// As in `limits.enforcement` of `/status`.
    var json: JSONValue {
        .object(entries.map { JSONMember($0.resource, .string($0.mechanism.rawValue)) })
    }
}
