import Synchronization

/// The numbers of librdkafka's statistics that a node shows, of one client.
package struct KafkaClientNumbers: Sendable, Hashable {
    package struct Broker: Sendable, Hashable {
        /// `name` in the statistics, as `host:9092/1`.
        package var name: String
        /// Whether `state` is `UP`.
        package var isUp: Bool
        /// `rtt.avg`
        package var roundTripAverageMicroseconds: Int
        /// `rtt.p99`
        package var roundTripP99Microseconds: Int

        package init(
            name: String, isUp: Bool, roundTripAverageMicroseconds: Int, roundTripP99Microseconds: Int
        ) {
            self.name = name
            self.isUp = isUp
            self.roundTripAverageMicroseconds = roundTripAverageMicroseconds
            self.roundTripP99Microseconds = roundTripP99Microseconds
        }
    }

    /// `rx_bytes`, a total since the client started.
    package var receivedBytes: UInt64 = 0
    /// `tx_bytes`, a total since the client started.
    package var sentBytes: UInt64 = 0
    /// `msg_cnt`
    package var queuedMessages = 0
    /// `msg_size`
    package var queuedBytes = 0
    /// The sum of `fetchq_cnt` over the partitions; nil for a producer.
    package var prefetchedMessages: Int?
    /// The sum of `fetchq_size` over the partitions; nil for a producer.
    package var prefetchedBytes: Int?
    /// `brokers`, without those whose `nodeid` is below 0: these are addresses to begin with and the group's coordinator.
    package var brokers: [Broker] = []

    package init() {}
}

/// The instruments of one Kafka client.
package final class KafkaClientMetrics: Sendable {
    private let registry: MetricRegistry
    private let client: String
    private let known = Mutex<Set<String>>([])

    /// - Parameter client: `consumer`, `producer` or `metrics`.
    package init(in registry: MetricRegistry, client: String) {
        self.registry = registry
        self.client = client
    }

    /// Takes over what the client said last. Brokers it no longer names disappear.
    package func update(_ numbers: KafkaClientNumbers) {
        registry.counter(.kafkaReceivedBytes, client).mirror(total: numbers.receivedBytes)
        registry.counter(.kafkaSentBytes, client).mirror(total: numbers.sentBytes)
        registry.gauge(.kafkaQueuedMessages, client).set(numbers.queuedMessages)
        registry.gauge(.kafkaQueuedBytes, client).set(numbers.queuedBytes)
        registry.gauge(.kafkaBrokersUp, client).set(numbers.brokers.count { $0.isUp })
        if let count = numbers.prefetchedMessages { registry.gauge(.kafkaPrefetchedMessages).set(count) }
        if let bytes = numbers.prefetchedBytes { registry.gauge(.kafkaPrefetchedBytes).set(bytes) }
        for broker in numbers.brokers {
            roundTrip(broker, "average").set(Double(broker.roundTripAverageMicroseconds) / 1e6)
            roundTrip(broker, "p99").set(Double(broker.roundTripP99Microseconds) / 1e6)
        }
        let names = Set(numbers.brokers.map(\.name))
        let gone = known.withLock { known in
            defer { known = names }
            return known.subtracting(names)
        }
        guard !gone.isEmpty else { return }
        registry.remove(.kafkaRoundTrip) { [client] values in values[0] == client && gone.contains(values[1]) }
    }

    private func roundTrip(_ broker: KafkaClientNumbers.Broker, _ statistic: String) -> Gauge {
        registry.gauge(.kafkaRoundTrip, client, broker.name, statistic)
    }
}
