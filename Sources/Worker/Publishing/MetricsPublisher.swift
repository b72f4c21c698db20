import Hosting
import Kafka
import Messages
import Metrics
import Scheduling

/// Publishes metrics events through a producer of their own, so that they never hold up results: what does not fit
/// its queue, or is not delivered in time, is dropped and counted. Any thread may publish; one thread drains.
final class MetricsPublisher: Sendable {
    private let producer: KafkaProducer
    private let topic: String
    private let node: String
    private let registry: MetricRegistry
    private let statistics: KafkaStatistics
    private let dropped: Counter
    private let undelivered: Counter
    private let failures: KafkaFailures

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
        let event = MetricsEvent(kind, node: node, time: .now(), details)
        // One key per node keeps a node's events in order.
        switch producer.produce(topic: topic, key: Array(node.utf8), value: event.encoded(), token: 0) {
        case .queued: registry.counter(.metricsEvents, kind.rawValue).increment()
        case .full: dropped.increment()
        case .failed(let failure): drop(failure)
        }
    }

    private func drop(_ failure: KafkaFailure) {
        dropped.increment()
        guard failure.kind != .dropped else { return }
        undelivered.increment()
        failures.note(
            failure, .metrics, "publishing a metrics event to \(topic)", .warning, "metrics events cannot be published")
    }

    /// Takes the answers of the brokers. Called by the monitor thread.
    func drain() {
        producer.drainDeliveries { if let failure = $0.failure { drop(failure) } }
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
