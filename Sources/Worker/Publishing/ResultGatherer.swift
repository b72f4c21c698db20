import Scheduling
import Synchronization

/// Results that wait for each other a few milliseconds, so that they travel in one batch.
///
/// Whoever brings one sends those whose time has come; where nobody does, the consumer thread, for which this is a
/// deadline among others. A result that waits here is on its way like one in the producer's queue: its request is not done.
final class ResultGatherer: Sendable {
    /// What is to be done with a result that has been handed over.
    enum Verdict: Sendable {
        case send
        /// All of them, this one the last.
        case sendAll([OutgoingMessage])
        /// - Parameter isFirst: the consumer thread does not know of any yet.
        case wait(isFirst: Bool)
    }

    private struct Waiting {
        var policy: GatherPolicy
        var messages: [OutgoingMessage] = []
        var bytes = 0
        var since = MonotonicTime(nanoseconds: 0)

        mutating func takeAll() -> [OutgoingMessage] {
            defer { (messages, bytes) = ([], 0) }
            return messages
        }

        func isDue(at now: MonotonicTime) -> Bool {
            now.nanoseconds(since: since) >= policy.waitNanoseconds || messages.count >= ResultGatherer.mostMessages
                || bytes >= ResultGatherer.mostBytes
        }
    }

    /// More make a batch no cheaper.
    private static let mostMessages = 1000
    private static let mostBytes = 256 << 10

    private let waiting: Mutex<Waiting>

    /// - Parameter waitMs: how long the first waits; 0: none does.
    init(waitMs: Int) {
        waiting = Mutex(Waiting(policy: GatherPolicy(waitMs: waitMs)))
    }

    func add(_ message: OutgoingMessage, at now: MonotonicTime) -> Verdict {
        waiting.withLock { waiting in
            let gathers = waiting.policy.note(at: now)
            if waiting.messages.isEmpty {
                guard gathers else { return .send }
                waiting.since = now
            }
            waiting.messages.append(message)
            waiting.bytes += message.size
            return waiting.isDue(at: now)
                ? .sendAll(waiting.takeAll()) : .wait(isFirst: waiting.messages.count == 1)
        }
    }

    /// Those that have waited long enough; none may be.
    func takeDue(at now: MonotonicTime) -> [OutgoingMessage] {
        waiting.withLock { waiting in
            waiting.messages.isEmpty || !waiting.isDue(at: now) ? [] : waiting.takeAll()
        }
    }

    /// All of them, however long they have waited.
    func takeAll() -> [OutgoingMessage] { waiting.withLock { $0.takeAll() } }

    /// When the first has waited long enough; nil where none waits.
    var deadline: MonotonicTime? {
        waiting.withLock { waiting in
            waiting.messages.isEmpty ? nil : waiting.since.adding(nanoseconds: waiting.policy.waitNanoseconds)
        }
    }
}
