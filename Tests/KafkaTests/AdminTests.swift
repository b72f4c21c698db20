import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct AdminTests {
    @Test func lookingForTopicsMakesNone() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 3)
        let admin = try AdminClient(.admin(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded))
        defer { admin.close() }
        let found = try admin.topics().first { $0.name == topic }
        #expect(found?.partitions == [0, 1, 2])
        #expect(found?.replicas == 1)
        #expect(found?.failure == nil)
        let absent = Cluster.unique("absent")
        #expect(throws: KafkaFailure.self) {
            try TopicReader(
                .reader(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded),
                topics: [(name: absent, start: .beginning)])
        }
        #expect(try !admin.topics().contains { $0.name == absent })
    }

    @Test func watermarksAndEndOffsetsTellWhatLiesInATopic() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 2, records: 7)
        let admin = try AdminClient(.admin(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded))
        defer { admin.close() }
        #expect(try admin.watermarks(topic: topic, partition: 0) == Watermarks(low: 0, high: 4))
        #expect(try admin.endOffsets(topic: topic, partitions: [0, 1]) == [0: 4, 1: 3])
        #expect(throws: KafkaFailure.self) { try admin.watermarks(topic: topic, partition: 9, timeoutMs: 2000) }
    }

    @Test func aClusterThatDoesNotAnswerIsATemporaryFailure() throws {
        let admin = try AdminClient(.admin(bootstrap: "127.0.0.1:1"))
        defer { admin.close() }
        let failure = #expect(throws: KafkaFailure.self) { try admin.topics(timeoutMs: 300) }
        #expect(failure?.kind == .transient)
        let explained = try admin.explain(#require(failure))
        #expect(explained.reason == "127.0.0.1:1: Connect to ipv4#127.0.0.1:1 failed: Connection refused")
        #expect(explained.remedy?.hasPrefix("nothing listens there") == true)
    }

    /// The mock has no controller; there the request only ends in time.
    @Test func topicsAreMadeOnceAndSayWhenTheyAreThere() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let admin = try AdminClient(.admin(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded))
        defer { admin.close() }
        #expect(try admin.create([]) == [])
        let wanted = NewTopic(
            name: Cluster.unique("new"), partitions: 2, replicas: 1, settings: [.init("retention.ms", "3600000")])
        if cluster.isEmbedded {
            #expect(throws: KafkaFailure.self) { try admin.create([wanted], timeoutMs: 200) }
            return
        }
        #expect(try admin.create([wanted]) == [TopicOutcome(name: wanted.name, failure: nil)])
        #expect(try admin.awaitTopics([wanted.name]) == [])
        #expect(try admin.create([wanted]).first?.failure?.kind == .exists)
        #expect(try admin.delete([wanted.name]) == [TopicOutcome(name: wanted.name, failure: nil)])
    }

    @Test func anImpossibleTopicIsRefusedHere() throws {
        let admin = try AdminClient(.admin(bootstrap: "127.0.0.1:1"))
        defer { admin.close() }
        let failure = #expect(throws: KafkaFailure.self) {
            try admin.create([NewTopic(name: "", partitions: 1)], timeoutMs: 300)
        }
        #expect(failure?.kind == .configuration)
    }
}

@Suite struct WatermarkTests {
    @Test(
        "what a group member would read",
        arguments: [
            (5, 0, 9, 4), (nil, 3, 9, 6), (1, 3, 9, 6), (509, 0, 9, 9), (9, 0, 9, 0), (0, 0, 0, 0), (7, 0, 0, 0),
        ] as [(Int64?, Int64, Int64, Int64)])
    func anOffsetThatTheLogDoesNotHoldBeginsAtTheFirst(committed: Int64?, low: Int64, high: Int64, records: Int64) {
        #expect(Watermarks(low: low, high: high).toRead(from: committed) == records)
    }
}
