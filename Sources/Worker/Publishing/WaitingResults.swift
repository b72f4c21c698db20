import Scheduling
import Synchronization

/// Messages of results that wait for a transaction, with `delivery: exactly_once`: slots put them here, the consumer thread
/// takes them. What that has taken and no transaction has committed counts in their bytes, too.
final class WaitingResults: Sendable {
    private struct Waiting {
        var messages: [OutgoingMessage] = []
        var bytes = 0
    }

    private let waiting = Mutex(Waiting())
    /// More than these, and the node takes and begins nothing until some have gone.
    private let mostBytes: Int

    init(mostBytes: Int) { self.mostBytes = mostBytes }

    /// - Returns: whether it is the first that the consumer thread has not taken.
    func add(_ messages: [OutgoingMessage]) -> Bool {
        waiting.withLock { waiting in
            defer {
                waiting.messages += messages
                waiting.bytes += messages.reduce(0) { $0 + $1.size }
            }
            return waiting.messages.isEmpty
        }
    }

    /// Takes what has come since this was last asked for, in the order it came in.
    func take() -> [OutgoingMessage] {
        waiting.withLock { waiting in
            guard !waiting.messages.isEmpty else { return [] }
            defer { waiting.messages = [] }
            return waiting.messages
        }
    }

    /// What was taken is committed or dropped.
    func release(bytes: Int) { waiting.withLock { $0.bytes -= bytes } }

    var isFull: Bool { waiting.withLock { $0.bytes > mostBytes } }
}
