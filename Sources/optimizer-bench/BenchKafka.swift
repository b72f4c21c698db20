import Glibc
import Kafka
import Messages
import Worker

/// The topics of a run: on an embedded broker of its own, or on the cluster `KAFKA_BOOTSTRAP_SERVERS` names.
final class BenchKafka {
    /// Where a node or a loop finds them.
    struct Address {
        let bootstrap: String
        /// What the topics and the group are called after.
        let stem: String
        let requests: String
        let isEmbedded: Bool

        var topics: TopicNames {
            TopicNames(
                requests: requests, results: "\(stem).results", metrics: "\(stem).metrics",
                deadLetters: "\(stem).dead-letters")
        }
    }

    static let real = unsafe getenv("KAFKA_BOOTSTRAP_SERVERS").map { unsafe String(cString: $0) }

    /// What it runs on, in words.
    static var kind: String { real == nil ? "the embedded broker" : "a cluster" }

    /// A name of its own for what a run makes on a cluster.
    static func stem() -> String { "optimizer-bench-\(getpid())-\(UInt32.random(in: 0...UInt32.max))" }

    let address: Address
    private let broker: EmbeddedBroker?
    /// What was made on a cluster.
    private let made: [String]

    /// On an embedded broker.
    init() throws {
        let stem = Self.stem()
        func address(_ bootstrap: String) -> Address {
            Address(bootstrap: bootstrap, stem: stem, requests: "\(stem).requests", isEmbedded: true)
        }
        let broker = try EmbeddedKafka.start(address("").topics, partitions: Feeder.partitions)
        self.broker = broker
        made = []
        self.address = address(broker.bootstrapServers)
    }

    /// On a cluster.
    /// - Parameter requests: the requests topic, where there is one.
    init(bootstrap: String, requests: String? = nil) throws {
        let stem = Self.stem()
        broker = nil
        address = Address(
            bootstrap: bootstrap, stem: stem, requests: requests ?? "\(stem).requests", isEmbedded: false)
        made = address.topics.all.filter { $0 != requests }
        let admin = try AdminClient(.admin(bootstrap: bootstrap))
        defer { admin.close() }
        try admin.make(made)
    }

    func close() {
        broker?.close()
        guard broker == nil, let admin = try? AdminClient(.admin(bootstrap: address.bootstrap)) else { return }
        defer { admin.close() }
        _ = try? admin.delete(made)
    }
}

extension AdminClient {
    /// Makes topics and waits until every broker shows them.
    func make(_ names: [String]) throws {
        let topics = names.map { NewTopic(name: $0, partitions: Feeder.partitions, replicas: 1) }
        for outcome in try create(topics) { if let failure = outcome.failure { throw failure } }
        guard try awaitTopics(names).isEmpty else {
            throw BenchProcess.Failure(description: "\(names) were made, and not all brokers show them")
        }
    }
}

extension BenchKafka.Address {
    var json: JSONValue {
        .object([
            JSONMember("bootstrap", .string(bootstrap)), JSONMember("stem", .string(stem)),
            JSONMember("requests", .string(requests)), JSONMember("embedded", .bool(isEmbedded)),
        ])
    }

    init(_ json: JSONValue) throws {
        guard let bootstrap = json["bootstrap"]?.string, let stem = json["stem"]?.string,
            let requests = json["requests"]?.string, let isEmbedded = json["embedded"]?.bool
        else { throw BenchProcess.Failure(description: "not the address of a run's topics: \(json.text)") }
        self.init(bootstrap: bootstrap, stem: stem, requests: requests, isEmbedded: isEmbedded)
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
