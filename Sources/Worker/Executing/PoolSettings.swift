import Hosting

/// How the pool starts its hosts.
struct PoolSettings: Sendable {
    let hostCommand: HostCommand
    /// A host is ready in a few milliseconds, and in seconds where the machine is crowded; one that is not by now never
    /// will be.
    let readyTimeoutMs = 30_000

    /// How long a node waits for its hosts before it gives up.
    static let startTimeoutMs = 45_000
}
