import Testing

@testable import Metrics

@Suite struct NodeMetricsTests {
    private let registry = MetricRegistry(strategies: ["noop"])

    private func lines(_ name: String) -> [String] {
        String(decoding: registry.exposition(.text), as: UTF8.self)
            .split(separator: "\n").filter { $0.hasPrefix(name) }.map(String.init)
    }

    private let node = NodeDescription(
        version: "0.1.0", librdkafka: "2.0.2", node: "worker-1", group: "optimizer", strategiesDigest: "3fa9",
        slots: 5, queueDepthLimit: 100, inFlightLimit: 10_000, latencyTargetMs: 100,
        prefetchLimitBytes: 32 << 20, enforcement: ["cpu": "cgroup", "memory": "monitor"])

    @Test func aDescriptionIsShownInPlaceOfTheOneBefore() {
        registry.describe(node)
        registry.describeData(digest: "77c0")
        registry.describeData(digest: "88d1")
        var changed = node
        changed.enforcement = ["cpu": "monitor", "memory": "monitor"]
        registry.describe(changed)
        #expect(lines("optimizer_build_info") == [#"optimizer_build_info{version="0.1.0",librdkafka="2.0.2"} 1"#])
        #expect(lines("optimizer_data_info") == [#"optimizer_data_info{digest="88d1"} 1"#])
        #expect(lines("optimizer_slots ") == ["optimizer_slots 5"])
        #expect(lines("optimizer_queue_depth_limit") == ["optimizer_queue_depth_limit 100"])
        #expect(lines("optimizer_enforcement").filter { $0.hasSuffix(" 1") }.count == 2)
        #expect(lines("optimizer_enforcement").contains(#"optimizer_enforcement{resource="cpu",mechanism="cgroup"} 0"#))
    }

    @Test func theConditionsAlertsAskForAreThereFromTheStart() {
        registry.describe(node)
        for name in ["optimizer_ready", "optimizer_draining", "optimizer_fenced"] {
            #expect(lines(name) == ["\(name) 0"])
        }
    }

    @Test func aClientsNumbersAreShownAndABrokerThatIsGoneIsNot() {
        let consumer = KafkaClientMetrics(in: registry, client: "consumer")
        let producer = KafkaClientMetrics(in: registry, client: "producer")
        var numbers = KafkaClientNumbers()
        numbers.receivedBytes = 4096
        numbers.queuedMessages = 3
        numbers.prefetchedMessages = 200
        numbers.brokers = ["a:9092/1", "b:9092/2"].map {
            KafkaClientNumbers.Broker(
                name: $0, isUp: true, roundTripAverageMicroseconds: 1500, roundTripP99Microseconds: 9000)
        }
        consumer.update(numbers)
        producer.update(numbers)
        numbers.brokers.removeLast()
        consumer.update(numbers)
        #expect(
            lines("optimizer_kafka_received_bytes_total{client=\"consumer\"}") == [
                #"optimizer_kafka_received_bytes_total{client="consumer"} 4096"#
            ])
        #expect(lines("optimizer_kafka_prefetched_messages") == ["optimizer_kafka_prefetched_messages 200"])
        #expect(lines("optimizer_kafka_brokers_up{client=\"consumer\"}").first?.hasSuffix(" 1") == true)
        let trips = lines("optimizer_kafka_round_trip_seconds")
        #expect(
            trips.contains(
                #"optimizer_kafka_round_trip_seconds{client="consumer",broker="a:9092/1",statistic="p99"} 0.009"#))
        #expect(!trips.contains { $0.contains("consumer") && $0.contains("b:9092/2") })
        #expect(trips.contains { $0.contains("producer") && $0.contains("b:9092/2") })
    }
}
