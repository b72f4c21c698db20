import Scheduling
import Synchronization

/// When the node's threads last moved, so that one that hangs is named. Any thread.
final class Heartbeats: Sendable {
    /// In the words of the label `thread`.
    enum Member: String, Sendable, CaseIterable {
        case consumer, monitor
        /// Asks brokers, which may keep it waiting.
        case lag
        /// Reads a disk, which may keep it waiting.
        case data
        /// Reads what is cancelled from brokers, which may keep it waiting.
        case control
        /// Watches over the hosts that run a step.
        case hosts

        /// Whether the process is of no use while the thread hangs. One that waits for a broker or for a disk makes
        /// old what it looks at, and nothing else.
        var isVital: Bool {
            switch self {
            case .consumer, .monitor, .hosts: true
            case .lag, .data, .control: false
            }
        }
    }

    struct Age: Sendable {
        let member: Member
        /// Since it should have moved and has not.
        let ms: Double
    }

    /// A vital thread that has not moved for so long hangs.
    static let boundMs = 10_000.0

    /// When each should move next, or moved last; those that have not begun are not in it.
    private let due = Mutex<[Member: MonotonicTime]>([:])
    private let hosts: @Sendable () -> MonotonicTime?

    /// - Parameter hosts: when the thread that watches over the hosts last looked.
    init(hosts: @escaping @Sendable () -> MonotonicTime? = { nil }) { self.hosts = hosts }

    func beat(_ member: Member, at now: MonotonicTime) { due.withLock { $0[member] = now } }

    /// The thread has nothing to do before then.
    func rest(_ member: Member, until next: MonotonicTime) { due.withLock { $0[member] = next } }

    /// Of all threads that have begun.
    func ages(at now: MonotonicTime) -> [Age] {
        var due = due.withLock { $0 }
        due[.hosts] = hosts()
        return Member.allCases.compactMap { member in
            due[member].map { Age(member: member, ms: max(0, now.milliseconds(since: $0))) }
        }
    }

    /// Why the process does not move; nil when it does. Never depends on a broker.
    func stuckReason(at now: MonotonicTime) -> String? {
        let stuck = ages(at: now).filter { $0.member.isVital && $0.ms > Self.boundMs }
        guard !stuck.isEmpty else { return nil }
        return stuck.map { "the \($0.member.rawValue) thread has not moved for \(Int($0.ms / 1000)) s" }
            .joined(separator: "; ")
    }
}
