import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct EmbeddedBrokerTests {
    @Test func theBrokerIsGoneOnceItIsClosed() async throws {
        try await onOwnThread {
            let broker = try EmbeddedBroker(
                brokers: 2, topics: [(name: "a", partitions: 3), (name: "b", partitions: 1)])
            #expect(broker.bootstrapServers.split(separator: ",").count == 2)
            #expect(broker.bootstrapServers.split(separator: ",").allSatisfy { $0.hasPrefix("127.0.0.1:") })
            let admin = try AdminClient(.admin(bootstrap: broker.bootstrapServers, embedded: true))
            defer { admin.close() }
            #expect(try admin.topics().map { [$0.name: $0.partitions.count] } == [["a": 3], ["b": 1]])
            broker.close()
            #expect(throws: KafkaFailure.self) { try admin.topics(timeoutMs: 300) }
        }
    }

    @Test func aTopicThatCannotBeIsRefused() async throws {
        try await onOwnThread {
            #expect(throws: KafkaFailure.self) { try EmbeddedBroker(topics: [(name: "a", partitions: 0)]) }
            #expect(throws: KafkaFailure.self) {
                try EmbeddedBroker(topics: [(name: "a", partitions: 1), (name: "a", partitions: 1)])
            }
        }
    }
}
