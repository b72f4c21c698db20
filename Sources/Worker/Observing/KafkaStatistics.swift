import Messages
import Metrics
import Synchronization

/// What the Kafka clients say of themselves every few seconds. Any thread posts, which costs nothing but a lock; the
/// monitor reads, so that no thread with work to do parses kilobytes of JSON.
final class KafkaStatistics: Sendable {
    /// In the words of the label `client`.
    enum Client: String, Sendable, CaseIterable {
        case consumer, producer, metrics
    }

    private let latest = Mutex<[Client: String]>([:])
    private let instruments: [Client: KafkaClientMetrics]

    init(in registry: MetricRegistry) {
        instruments = Dictionary(
            uniqueKeysWithValues: Client.allCases.map { ($0, KafkaClientMetrics(in: registry, client: $0.rawValue)) })
    }

    /// Keeps what a client said, in place of what it said before.
    func post(_ text: String, of client: Client) { latest.withLock { $0[client] = text } }

    /// Shows what came since the last call. What cannot be read changes nothing.
    func update() {
        let texts = latest.withLock { latest in
            defer { latest = [:] }
            return latest
        }
        for (client, text) in texts {
            guard let statistics = try? JSONValue.parse(Array(text.utf8)) else { continue }
            instruments[client]?.update(KafkaClientNumbers(statistics, ofConsumer: client == .consumer))
        }
    }
}

extension KafkaClientNumbers {
    /// - Parameter statistics: a statistics document of librdkafka's (STATISTICS.md there names its members).
    init(_ statistics: JSONValue, ofConsumer: Bool) {
        self.init()
        func number(_ value: JSONValue?) -> Int { max(0, value?.integer ?? 0) }
        receivedBytes = UInt64(number(statistics["rx_bytes"]))
        sentBytes = UInt64(number(statistics["tx_bytes"]))
        queuedMessages = number(statistics["msg_cnt"])
        queuedBytes = number(statistics["msg_size"])
        if ofConsumer {
            let topics = statistics["topics"]?.members ?? []
            let partitions = topics.flatMap { $0.value["partitions"]?.members ?? [] }.map(\.value)
            prefetchedMessages = partitions.reduce(0) { $0 + number($1["fetchq_cnt"]) }
            prefetchedBytes = partitions.reduce(0) { $0 + number($1["fetchq_size"]) }
        }
        brokers = (statistics["brokers"]?.members ?? []).compactMap { member in
            let broker = member.value
            guard let id = broker["nodeid"]?.integer, id >= 0 else { return nil }
            return Broker(
                name: broker["name"]?.string ?? member.name, isUp: broker["state"]?.string == "UP",
                roundTripAverageMicroseconds: number(broker["rtt"]?["avg"]),
                roundTripP99Microseconds: number(broker["rtt"]?["p99"]))
        }
    }
}
