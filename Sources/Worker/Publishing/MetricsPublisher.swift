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
    private let log: Log

    init(
        producer: KafkaProducer, topic: String, node: String, registry: MetricRegistry, statistics: KafkaStatistics,
        log: Log
    ) {
        self.producer = producer
        self.topic = topic
        self.node = node
        self.registry = registry
        self.statistics = statistics
        self.log = log
        dropped = registry.counter(.metricsEventsDropped)
    }

    func publish(_ kind: MetricsEvent.Kind, _ details: [JSONMember]) {
        let event = MetricsEvent(kind, node: node, time: .now(), details)
        // One key per node keeps a node's events in order.
        let outcome = producer.produce(
            topic: topic, key: Array(node.utf8), value: event.encoded(), token: 0)
        if outcome == .queued {
            registry.counter(.metricsEvents, kind.rawValue).increment()
        } else {
            dropped.increment()
        }
    }

    /// First and next offset of partitions of any topic: the producer's connections to the brokers serve for this too.
    /// Blocks, up to `patienceMs`; what a partition without a leader does not say is left out.
    func watermarks(topic: String, partitions: [Int32], patienceMs: Int) -> [Int32: Watermarks] {
        let deadline = MonotonicTime.now().adding(milliseconds: patienceMs)
        let share = Int32(patienceMs / 4)
        if let all = try? producer.watermarks(topic: topic, partitions: partitions, timeoutMs: share) { return all }
        // librdkafka asks for all or for none.
        var found: [Int32: Watermarks] = [:]
        for partition in partitions {
            let left = Int32(deadline.milliseconds(since: .now()))
            guard left > 0 else { break }
            found[partition] = try? producer.watermarks(
                topic: topic, partition: partition, timeoutMs: min(share, left))
        }
        return found
    }

    /// Takes the answers of the brokers. Called by the monitor thread.
    func drain() {
        producer.drainDeliveries { if $0.failure != nil { dropped.increment() } }
        while let event = producer.nextEvent() {
            switch event {
            case .failure(let failure): log.debug("metrics producer", JSONMember("error", .string(failure.description)))
            case .log(let level, let facility, let message): log.librdkafka(level, facility, message)
            case .statistics(let text): statistics.post(text, of: .metrics)
            }
        }
    }

    /// Waits for what is queued, a short while: the last events of a node are worth that, not more.
    func close(timeoutMs: Int32) {
        _ = producer.flushStep(timeoutMs: timeoutMs) { _ in }
        producer.destroy()
    }
}
