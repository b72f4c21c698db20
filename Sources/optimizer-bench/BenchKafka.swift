import Glibc
import Kafka
import Messages
import Worker

/// The topics of a run: on an embedded broker of its own, or on the cluster `KAFKA_BOOTSTRAP_SERVERS` names.
final class BenchKafka {
    /// Where a node, or the plain loop, finds them.
    struct Address {
        let bootstrap: String
        /// What the topics and the group are called after.
        let stem: String
        let isEmbedded: Bool

        var topics: TopicNames {
            TopicNames(
                requests: "\(stem).requests", results: "\(stem).results", metrics: "\(stem).metrics",
                deadLetters: "\(stem).dead-letters")
        }
    }

    static let real = unsafe getenv("KAFKA_BOOTSTRAP_SERVERS").map { unsafe String(cString: $0) }

    let address: Address
    private let broker: EmbeddedBroker?

    /// - Parameter real: the bootstrap servers of a cluster; nil: an embedded broker.
    init(real: String?) throws {
        let stem = "optimizer-bench-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard let real else {
            let address = Address(bootstrap: "", stem: stem, isEmbedded: true)
            let broker = try EmbeddedKafka.start(address.topics, partitions: Feeder.partitions)
            self.broker = broker
            self.address = Address(bootstrap: broker.bootstrapServers, stem: stem, isEmbedded: true)
            return
        }
        broker = nil
        address = Address(bootstrap: real, stem: stem, isEmbedded: false)
        let admin = try AdminClient(.admin(bootstrap: real))
        defer { admin.close() }
        let topics = address.topics.all.map { NewTopic(name: $0, partitions: Feeder.partitions, replicas: 1) }
        for outcome in try admin.create(topics) { if let failure = outcome.failure { throw failure } }
        guard try admin.awaitTopics(address.topics.all).isEmpty else {
            throw BenchProcess.Failure(description: "\(address.topics.all) are not shown")
        }
    }

    func close() {
        broker?.close()
        guard broker == nil, let admin = try? AdminClient(.admin(bootstrap: address.bootstrap)) else { return }
        defer { admin.close() }
        _ = try? admin.delete(address.topics.all)
    }
}

extension BenchKafka.Address {
    var json: JSONValue {
        .object([
            JSONMember("bootstrap", .string(bootstrap)), JSONMember("stem", .string(stem)),
            JSONMember("embedded", .bool(isEmbedded)),
        ])
    }

    init(_ json: JSONValue) throws {
        guard let bootstrap = json["bootstrap"]?.string, let stem = json["stem"]?.string,
            let isEmbedded = json["embedded"]?.bool
        else { throw BenchProcess.Failure(description: "the feeder has no broker") }
        self.init(bootstrap: bootstrap, stem: stem, isEmbedded: isEmbedded)
    }

    /// The settings of a node on these topics.
    var settings: [String] {
        [
            "kafka.bootstrapServers=\(bootstrap)", "kafka.groupId=\(stem)", "kafka.topics.requests=\(topics.requests)",
            "kafka.topics.results=\(topics.results)", "kafka.topics.metrics=\(topics.metrics)",
            "kafka.topics.deadLetters=\(topics.deadLetters)", "kafka.consumer.session.timeout.ms=6000",
        ] + (isEmbedded ? ["kafka.consumer.fetch.wait.max.ms=10"] : [])
    }
}
