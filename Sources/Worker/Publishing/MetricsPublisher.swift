import Kafka
import Messages
import Metrics
import Scheduling
import Synchronization
import System

/// Publishes metrics events through a producer of their own, so that they never hold up results: what does not fit
/// its queue, or is not delivered in time, is dropped and counted. Any thread may publish; one thread drains.
final class MetricsPublisher: Sendable {
    private struct Waiting {
        /// When the first event was handed over of those since the last acknowledgement.
        var since: MonotonicTime?
        /// Why nothing is acknowledged, where that is known.
        var reason: String?
    }

    /// One thing that goes on, whatever each event that is lost in it says.
    private static let key = "metrics events"
    private static let words = "metrics events cannot be published"

    private let producer: KafkaProducer
    private let topic: String
    private let node: String
    private let registry: MetricRegistry
    private let statistics: KafkaStatistics
    private let dropped: Counter
    private let undelivered: Counter
    private let failures: KafkaFailures
    private let waiting = Mutex(Waiting())

    init(
        producer: KafkaProducer, topic: String, node: String, registry: MetricRegistry, statistics: KafkaStatistics,
        failures: KafkaFailures
    ) {
        self.producer = producer
        self.topic = topic
        self.node = node
        self.registry = registry
        self.statistics = statistics
        self.failures = failures
        undelivered = registry.counter(.publishFailures, "metrics")
        dropped = registry.counter(.metricsEventsDropped)
    }

    func publish(_ kind: MetricsEvent.Kind, _ details: [JSONMember]) {
        waiting.withLock { if $0.since == nil { $0.since = .now() } }
        let event = MetricsEvent(kind, node: node, time: .now(), details)
        // One key per node keeps a node's events in order.
        switch producer.produce(topic: topic, key: Array(node.utf8), value: event.encoded(), token: 0) {
        case .queued: registry.counter(.metricsEvents, kind.rawValue).increment()
        case .full: dropped.increment()
        case .failed(let failure): drop(failure)
        }
    }

    /// For how long events have been handed over and none was acknowledged; 0 where they are.
    func unacknowledgedMs(at now: MonotonicTime) -> Double {
        waiting.withLock { $0.since.map { max(0, now.milliseconds(since: $0)) } ?? 0 }
    }

    /// Takes note of why no event is acknowledged: librdkafka tries again for half a minute, and then says only that it
    /// was too long.
    func explain(_ reason: String) {
        waiting.withLock { $0.reason = reason }
        guard failures.errors.note("kafka", "\(place): \(reason)", key: Self.key) else { return }
        failures.log.warning(
            Self.words, JSONMember("place", .string(place)), JSONMember("reason", .string(reason)))
    }

    private var place: String { "publishing a metrics event to \(topic)" }

    private func drop(_ failure: KafkaFailure) {
        dropped.increment()
        guard failure.kind != .dropped else { return }
        undelivered.increment()
        failures.note(explained(failure), .metrics, place, .warning, Self.words, key: Self.key)
    }

    /// That it took too long goes with why, where that is known; that a partition is not there, with what that means.
    private func explained(_ failure: KafkaFailure) -> KafkaFailure {
        let reason = waiting.withLock { $0.reason }
        let words = failure.kind == .missing ? DeliveryDiagnosis.problem(topic, failure) : reason
        guard failure.kind == .missing || failure.name == "_MSG_TIMED_OUT", let words else { return failure }
        return KafkaFailure(code: failure.code, name: failure.name, reason: words, kind: failure.kind)
    }

    /// Takes the answers of the brokers. Called by the monitor thread.
    func drain() {
        producer.drainDeliveries { report in
            if let failure = report.failure { return drop(failure) }
            waiting.withLock { $0 = Waiting() }
        }
        while let event = producer.nextEvent() {
            switch event {
            case .failure(let failure):
                failures.note(failure, .metrics, "metrics producer", .warning, "Kafka failure, tried again")
            case .log(let level, let facility, let message): failures.librdkafka(level, facility, message)
            case .statistics(let text): statistics.post(text, of: .metrics)
            }
        }
    }

    /// Waits for what is queued, a short while: the last events of a node are worth that, not more.
    /// - Returns: whether the client has ended in time.
    func close(flushMs: Int32, patienceMs: Int32) -> Bool {
        _ = producer.flushStep(timeoutMs: flushMs) { _ in }
        return producer.destroy(patienceMs: patienceMs)
    }

    /// Gives the client up: a thread that does not end may still be using it.
    func abandon() { producer.abandon() }
}
