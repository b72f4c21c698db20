import Synchronization

/// What a node knows of its own condition; written by the consumer thread, read by HTTP and by the end.
final class NodeHealth: Sendable {
    private struct Condition {
        /// What a start waits for; nil where it does not wait.
        var obstacle: String?
        var hasJoined = false
        var partitions: Set<Int32> = []
        var isFenced = false
        var isDraining = false
        var commitFailures = 0
        var commitFailure = ""
    }

    private let condition = Mutex(Condition())
    private let stop: StopRequest

    init(_ stop: StopRequest) { self.stop = stop }

    /// Commits that fail this often in a row are no hiccup.
    private static let toleratedCommitFailures = 5

    /// The node cannot begin yet, for this reason; nil: it can.
    func noteWaiting(for obstacle: String?) { condition.withLock { $0.obstacle = obstacle } }

    func noteJoined(partitions: Set<Int32>) {
        condition.withLock {
            $0.hasJoined = true
            $0.partitions = partitions
        }
    }

    /// The group has taken the partitions away; until it gives some again, or none, this node is no member.
    func noteLeft() {
        condition.withLock {
            $0.hasJoined = false
            $0.partitions = []
        }
    }

    func noteFenced() { condition.withLock { $0.isFenced = true } }
    func noteDraining() { condition.withLock { $0.isDraining = true } }

    func noteCommit(failure: String?) {
        condition.withLock {
            $0.commitFailures = failure == nil ? 0 : $0.commitFailures + 1
            $0.commitFailure = failure ?? ""
        }
    }

    /// The node ends by itself. A signal that comes meanwhile is still the first.
    func noteEnding() { stop.noteEnding() }

    /// Whether the node is to end, whoever wants it.
    var isStopRequested: Bool { stop.isEnding }
    var isDraining: Bool { condition.withLock { $0.isDraining } }
    var isFenced: Bool { condition.withLock { $0.isFenced } }
    var partitions: Set<Int32> { condition.withLock { $0.partitions } }

    /// The state as `/status` names it.
    var stateName: String {
        condition.withLock { condition in
            if condition.isFenced { return "fenced" }
            if condition.isDraining { return "draining" }
            if condition.obstacle != nil { return "starting" }
            return condition.hasJoined ? "running" : "joining"
        }
    }

    /// Why the node takes no part in its group; nil when it does.
    var unreadyReason: String? {
        condition.withLock { condition in
            if condition.isFenced { return "fenced: another member has this node's place" }
            if condition.isDraining { return "draining" }
            if let obstacle = condition.obstacle { return "waiting to start: \(obstacle)" }
            if !condition.hasJoined { return "has not joined the group" }
            guard condition.commitFailures < Self.toleratedCommitFailures else {
                return "commits fail: \(condition.commitFailure)"
            }
            return nil
        }
    }
}
