/// By what means a host is kept away from everything else: what was asked for and the kernel offers.
struct SandboxPlan: Equatable, Sendable {
    /// A means, in the words of the launcher's command line.
    enum Means: String, CaseIterable, Sendable {
        /// No capabilities, and none to be had.
        case capabilities
        /// No signals to the node, nor, where the kernel can, to any process that is not the host's.
        case signals
        /// A user of its own.
        case user
        /// Files, signals and abstract sockets by Landlock.
        case landlock
        /// No sockets, no namespaces, no other processes' memory, by a seccomp filter.
        case calls
        /// A temporary directory in memory, bounded, seen by nobody else.
        case mount

        /// What is not in force without it.
        var purpose: String {
            switch self {
            case .capabilities: "hosts without capabilities"
            case .signals: "hosts that cannot signal the node (seccomp)"
            case .user: "a user of its own for each host"
            case .landlock: "a read-only file system, and signals kept in (Landlock)"
            case .calls: "no network (seccomp)"
            case .mount: "a temporary directory of bounded size"
            }
        }
    }

    var means: Set<Means> = []

    /// What a sandbox asks for.
    init(_ sandbox: IsolationSettings.Sandbox, isRoot: Bool) {
        switch sandbox {
        case .off: means = []
        case .standard: means = [.capabilities, .signals]
        case .strict: means = isRoot ? Set(Means.allCases) : [.capabilities, .signals, .landlock, .calls]
        }
    }

    /// Hosts' users are these numbers and up, above what people and packages usually get and below 65536, so that they
    /// exist in containers too.
    static let firstUser = 52_000
}
