import Messages
import Metrics
import Synchronization

/// The last minutes of a node, a sample a second, for the status page's drawing. Any thread.
final class History: Sendable {
    static let intervalMs = 1000
    private let history = Mutex(StatusHistory())

    /// What came to so much in `elapsedMs`, as what it comes to in one interval: a sample that is late is not a burst.
    static func perInterval(_ count: Double, elapsedMs: Double) -> Int {
        Int((count * Double(intervalMs) / max(Double(intervalMs), elapsedMs)).rounded())
    }

    func add(_ sample: StatusHistory.Sample) { history.withLock { $0.append(sample) } }

    var json: JSONValue {
        let samples = history.withLock { $0.samples }
        return .object([
            JSONMember("interval_ms", .integer(Self.intervalMs)),
            JSONMember("queue_depth", .integers(samples.map(\.queueDepth))),
            JSONMember("running", .integers(samples.map(\.running))),
            JSONMember("paused", .integers(samples.map(\.pausedPartitions))),
            JSONMember("finished", .integers(samples.map(\.finished))),
        ])
    }
}
