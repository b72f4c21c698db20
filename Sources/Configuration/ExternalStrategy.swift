package import Messages

/// A strategy in any language: a command that speaks JSON lines, and what a request for it may say.
package struct ExternalStrategy: Sendable, Equatable {
    /// Name, version, summary and parameters, as for a built-in strategy.
    package internal(set) var descriptor: StrategyDescriptor
    /// The program, a path or a name to look for in `PATH`, and its arguments. Never empty.
    package internal(set) var command: [String]
    /// Where its hosts start; nil = where the node runs.
    package internal(set) var workingDirectory: String?
    /// Added to the clean environment its hosts get. Any value may be a secret.
    package internal(set) var environment: [String: ProtectedText]
    package internal(set) var limits: Limits
    package internal(set) var retry: Retry
    /// How many hosts stay when they have nothing to do; nil = one per slot.
    package internal(set) var hosts: Int?
    /// From the start of a host to its ready line, in ms.
    package internal(set) var startTimeoutMs: Int
    /// After so many steps a host is replaced; nil = never for their number.
    package internal(set) var maxSteps: Int?

    /// What `startTimeoutMs` is where nothing else is given.
    package static let defaultStartTimeoutMs = 10_000

    package var name: String { descriptor.name }

    init(
        descriptor: StrategyDescriptor, command: [String], workingDirectory: String?,
        environment: [String: ProtectedText], limits: Limits, retry: Retry = Retry(), hosts: Int?,
        startTimeoutMs: Int = defaultStartTimeoutMs, maxSteps: Int? = nil
    ) {
        self.descriptor = descriptor
        self.command = command
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.limits = limits
        self.retry = retry
        self.hosts = hosts
        self.startTimeoutMs = startTimeoutMs
        self.maxSteps = maxSteps
    }

    /// A strategy without parameters that stands in no configuration.
    package init(name: String, command: [String]) {
        self.init(
            descriptor: StrategyDescriptor(name: name, summary: "", parameters: []), command: command,
            workingDirectory: nil, environment: [:], limits: Limits(), hosts: nil)
    }

    /// Ceilings of its steps; nil = the node's, above which none of them may be.
    package struct Limits: Sendable, Equatable {
        /// Of one core.
        package internal(set) var cpuPercent: Int?
        package internal(set) var memoryMB: Int?
        package internal(set) var timeoutMs: Int?
    }

    /// How often its steps are run because of how they end; nil = as the node's.
    package struct Retry: Sendable, Equatable {
        package internal(set) var failed: Int?
        package internal(set) var crashed: Int?
        package internal(set) var timedOut: Int?
        package internal(set) var resourceExceeded: Int?
    }
}
