import Messages
import Metrics
import Scheduling
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
    private let brokers: BrokerBoard

    init(in registry: MetricRegistry, brokers: BrokerBoard) {
        self.brokers = brokers
        instruments = Dictionary(
            uniqueKeysWithValues: Client.allCases.map { ($0, KafkaClientMetrics(in: registry, client: $0.rawValue)) })
    }

    /// Keeps what a client said, in place of what it said before.
    func post(_ text: String, of client: Client) { latest.withLock { $0[client] = text } }

    /// Shows what came since the last call. What cannot be read changes nothing.
    func update(at now: MonotonicTime) {
        let texts = latest.withLock { latest in
            defer { latest = [:] }
            return latest
        }
        for (client, text) in texts {
            guard let statistics = try? JSONValue.parse(Array(text.utf8)) else { continue }
            instruments[client]?.update(KafkaClientNumbers(statistics, ofConsumer: client == .consumer))
            let seen = (statistics["brokers"]?.members ?? []).compactMap { BrokerSighting($0.value) }
            brokers.see(seen, by: client.rawValue, at: now)
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

extension BrokerSighting {
    /// A connection that has brought nothing for so long is as good as none, where something was asked for, and idle else.
    private static let unansweredMs = 15_000.0

    /// - Parameter broker: one of `brokers` in a statistics document of librdkafka's; nil where it names no address.
    init?(_ broker: JSONValue) {
        guard let address = broker["nodename"]?.string, !address.isEmpty, !address.hasPrefix(":") else { return nil }
        self.address = address
        node = broker["nodeid"]?.integer.flatMap { $0 >= 0 ? $0 : nil }
        let trip = broker["rtt"]?["avg"]?.integer ?? 0
        roundTripMs = trip > 0 ? Double(trip) / 1000 : nil
        silentMs = broker["rxidle"]?.integer.flatMap { $0 >= 0 ? Double($0) / 1000 : nil }
        // What is asked of the group's coordinator, over a connection of its own, may take as long as a rebalance.
        let isAsked = node != nil && broker["waitresp_cnt"]?.integer ?? 0 > 0
        switch broker["state"]?.string {
        case "UP", "UPDATE": condition = silentMs ?? 0 <= Self.unansweredMs ? .up : isAsked ? .down : .idle
        case "INIT", nil: condition = .unused
        default: condition = .down
        }
    }
}
