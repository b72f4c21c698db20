import Scheduling
import Synchronization

/// Results that wait for each other a few milliseconds, so that they travel in one batch.
///
/// What is sent while earlier results are not acknowledged finds as much of its partition unanswered as an idempotent
/// producer may have in librdkafka 2.0.2 (five records; it counts those, and not batches), and the client's thread, which has
/// more to send and may not, asks without a pause whether it may: that was a third of a node's processor time. So results wait for the acknowledgement of those before them as well, though not for
/// long (Nagle: "Congestion Control in IP/TCP Internetworks", 1984).
///
/// Whoever brings some sends those whose time has come; where nobody does, the consumer thread, for which this is a
/// deadline among others, and which acknowledgements wake. A result that waits here is on its way like one in the producer's queue: its request is not done.
final class ResultGatherer: Sendable {
    /// What is to be done with results that have been handed over.
    enum Verdict: Sendable {
        case send
        /// All of them, these the last.
        case sendAll([[OutgoingMessage]])
        /// - Parameter isFirst: the consumer thread does not know of any yet.
        case wait(isFirst: Bool)
    }

    private struct Waiting {
        var policy: GatherPolicy
        /// As they were handed over: so a message is moved no more until it is sent.
        var batches: [[OutgoingMessage]] = []
        var count = 0
        var bytes = 0
        var since = MonotonicTime(nanoseconds: 0)

        mutating func takeAll() -> [[OutgoingMessage]] {
            defer { (batches, count, bytes) = ([], 0, 0) }
            return batches
        }

        /// - Parameter isClear: no earlier result waits for its acknowledgement.
        func isDue(at now: MonotonicTime, _ isClear: () -> Bool) -> Bool {
            let waited = now.nanoseconds(since: since)
            return count >= ResultGatherer.mostMessages || bytes >= ResultGatherer.mostBytes
                || waited >= policy.waitNanoseconds
                    && (waited >= ResultGatherer.patience * policy.waitNanoseconds || isClear())
        }
    }

    /// More make a batch no cheaper.
    private static let mostMessages = 1000
    private static let mostBytes = 256 << 10
    /// So many times as long as for each other they wait for an acknowledgement.
    private static let patience: Int64 = 4

    private let waiting: Mutex<Waiting>

    /// - Parameter waitMs: how long the first waits; 0: none does.
    init(waitMs: Int) {
        waiting = Mutex(Waiting(policy: GatherPolicy(waitMs: waitMs)))
    }

    /// - Parameter isClear: whether no earlier result waits for its acknowledgement.
    func add(
        _ messages: [OutgoingMessage], at now: MonotonicTime, isClear: @autoclosure () -> Bool = true
    ) -> Verdict {
        waiting.withLock { waiting in
            var gathers = false
            for _ in messages { gathers = waiting.policy.note(at: now) }
            if waiting.batches.isEmpty {
                guard gathers else { return .send }
                waiting.since = now
            }
            waiting.batches.append(messages)
            waiting.count += messages.count
            for message in messages { waiting.bytes += message.size }
            return waiting.isDue(at: now, isClear)
                ? .sendAll(waiting.takeAll()) : .wait(isFirst: waiting.batches.count == 1)
        }
    }

    /// Those that have waited long enough; none may be.
    func takeDue(at now: MonotonicTime, isClear: @autoclosure () -> Bool = true) -> [[OutgoingMessage]] {
        waiting.withLock { waiting in
            waiting.batches.isEmpty || !waiting.isDue(at: now, isClear) ? [] : waiting.takeAll()
        }
    }

    /// All of them, however long they have waited.
    func takeAll() -> [[OutgoingMessage]] { waiting.withLock { $0.takeAll() } }

    /// When the first has waited long enough; nil where none waits.
    func deadline(isClear: @autoclosure () -> Bool = true) -> MonotonicTime? {
        waiting.withLock { waiting in
            guard !waiting.batches.isEmpty else { return nil }
            let wait = waiting.policy.waitNanoseconds
            return waiting.since.adding(nanoseconds: isClear() ? wait : Self.patience * wait)
        }
    }
}
