import Kafka
import Messages
import Metrics
import Synchronization
import Worker

/// The canary: what it has sent, and what it shows of that. The server's thread reads it, one other thread runs it.
final class Canary: Sendable {
    private struct State {
        var book: CanaryBook
        var movedAt: ContinuousClock.Instant
    }

    let metrics: CanaryMetrics
    let timeout: Duration
    private let state: Mutex<State>
    /// How long its thread may take for one turn: asking a broker that is away takes ten seconds.
    private static let longestTurn = Duration.seconds(60)

    init(every: Duration, timeout: Duration, start: ContinuousClock.Instant = .now) {
        metrics = CanaryMetrics(interval: every)
        self.timeout = timeout
        state = Mutex(State(book: CanaryBook(timeout: timeout, start: start), movedAt: start))
    }

    func ages(at now: ContinuousClock.Instant = .now) -> CanaryMetrics.Ages { state.withLock { $0.book.ages(at: now) } }

    var openCount: Int { state.withLock { $0.book.openCount } }

    func moved(at now: ContinuousClock.Instant = .now) { state.withLock { $0.movedAt = now } }

    func health(at now: ContinuousClock.Instant = .now) -> NodeEndpoints.Condition {
        let still = now - state.withLock { $0.movedAt }
        return still < Self.longestTurn ? .well : .unwell("the canary has not moved for \(still.inWords)")
    }

    /// Sends one request.
    /// - Returns: its end, where it has one at once, and why.
    func send(_ number: UInt64, _ beat: CanarySchedule.Beat, by clients: CanaryClients) -> (CanaryBook.End, String)? {
        state.withLock { $0.book.sent(number, beat) }
        let rest = timeout - (ContinuousClock.now - beat.due)
        let expiry = Timestamp(milliseconds: Timestamp.now().milliseconds + Int64(rest / .milliseconds(1)))
        guard let failure = clients.send(number, partition: beat.partition, expires: expiry) else { return nil }
        return ended(state.withLock { $0.book.refused(number, at: .now) }).map { ($0, "\(failure)") }
    }

    /// Takes what has come, and what has not come in time.
    func take(
        _ arrivals: [CanaryClients.Arrival], at now: ContinuousClock.Instant = .now
    ) -> [(end: CanaryBook.End, cause: String?)] {
        var ends: [(end: CanaryBook.End, cause: String?)] = []
        for arrival in arrivals {
            switch arrival {
            case .stored(let number): state.withLock { $0.book.stored(number) }
            case .refused(let number, let failure):
                guard let end = ended(state.withLock({ $0.book.refused(number, at: now) })) else { continue }
                ends.append((end, "\(failure)" + (failure.remedy.map { "; \($0)" } ?? "")))
            case .answered(let number, let status, let message):
                guard let end = ended(state.withLock({ $0.book.answered(number, status: status, at: now) })) else {
                    continue
                }
                let cause = end.outcome == .completed ? nil : status + (message.map { ": \($0)" } ?? "")
                ends.append((end, cause))
            }
        }
        for end in state.withLock({ $0.book.expire(at: now) }) {
            _ = ended(end)
            ends.append((end, nil))
        }
        return ends
    }

    private func ended(_ end: CanaryBook.End?) -> CanaryBook.End? {
        guard let end else { return nil }
        metrics.count(end.outcome)
        if end.outcome == .completed { metrics.record(latency: end.latency) }
        return end
    }
}
