import Messages
import Synchronization

/// The last minutes of a node, a sample a second, for the status page's drawing. Any thread.
final class History: Sendable {
    struct Sample: Sendable {
        var queueDepth: Int
        var running: Int
        var paused: Int
        var finished: Int
    }

    static let intervalMs = 1000
    private static let bound = 300
    private let samples = Mutex<[Sample]>([])

    func add(_ sample: Sample) {
        samples.withLock { samples in
            if samples.count == Self.bound { samples.removeFirst() }
            samples.append(sample)
        }
    }

    var json: JSONValue {
        let samples = samples.withLock { $0 }
        return .object([
            JSONMember("interval_ms", .integer(Self.intervalMs)),
            JSONMember("queue_depth", .integers(samples.map(\.queueDepth))),
            JSONMember("running", .integers(samples.map(\.running))),
            JSONMember("paused", .integers(samples.map(\.paused))),
            JSONMember("finished", .integers(samples.map(\.finished))),
        ])
    }
}
