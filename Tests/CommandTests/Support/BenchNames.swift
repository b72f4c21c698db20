import Glibc
import Kafka
import TestSupport

/// The topics and the group of a test.
struct BenchNames {
    let requests: String
    let results: String
    let metrics: String
    let deadLetters: String
    let control: String
    let group: String
    /// What tells a command so; empty where it would take these anyway.
    let environment: [String]

    static let configured = BenchNames(
        requests: "optimizer.requests", results: "optimizer.results", metrics: "optimizer.metrics",
        deadLetters: "optimizer.dead-letters", control: "optimizer.control", group: "optimizer", environment: [])

    /// Names that no other test and no earlier run has used.
    static func unique() -> BenchNames {
        let stem = "optimizer-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        return BenchNames(
            requests: "\(stem).requests", results: "\(stem).results", metrics: "\(stem).metrics",
            deadLetters: "\(stem).dead-letters", control: "\(stem).control", group: stem,
            environment: [
                "OPTIMIZER_KAFKA_TOPICS_REQUESTS=\(stem).requests", "OPTIMIZER_KAFKA_TOPICS_RESULTS=\(stem).results",
                "OPTIMIZER_KAFKA_TOPICS_METRICS=\(stem).metrics",
                "OPTIMIZER_KAFKA_TOPICS_DEAD_LETTERS=\(stem).dead-letters",
                "OPTIMIZER_KAFKA_TOPICS_CONTROL=\(stem).control", "OPTIMIZER_KAFKA_GROUP_ID=\(stem)",
            ])
    }

    var topics: [String] { [requests, results, metrics, deadLetters, control] }

    /// Makes the topics as the embedded broker has them.
    func create(on bootstrap: String) throws {
        let admin = try AdminClient(.admin(bootstrap: bootstrap))
        defer { admin.close() }
        let new = topics.map {
            NewTopic(name: $0, partitions: $0 == requests || $0 == results ? 6 : 1, replicas: 1)
        }
        for outcome in try admin.create(new) { if let failure = outcome.failure { throw failure } }
        try EachBroker.awaitTopics(topics, bootstrap: bootstrap)
    }

    func delete(_ names: [String]? = nil, from bootstrap: String) throws {
        let admin = try AdminClient(.admin(bootstrap: bootstrap))
        defer { admin.close() }
        for outcome in try admin.delete(names ?? topics) { if let failure = outcome.failure { throw failure } }
    }
}
