import Testing

@testable import Kafka

/// One group each, since the mock keeps every first join waiting for 3 s; the suites run side by side.
@Suite struct GroupTests {
    @Test func recordsComeAsTheyWereSent() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        let headers = [
            KafkaHeader("ce_id", "ä-1"), KafkaHeader(name: "none", value: nil), KafkaHeader(name: "empty", value: []),
        ]
        #expect(publisher.producer.produce(topic: topic, key: nil, value: nil, headers: [], token: 1) == .queued)
        #expect(publisher.producer.produce(topic: topic, key: [], value: [], headers: [], token: 2) == .queued)
        #expect(
            publisher.producer.produce(topic: topic, key: [1, 0], value: [0, 255], headers: headers, token: .max)
                == .queued)
        #expect(publisher.drain())
        #expect(publisher.reports.map(\.token) == [1, 2, .max])
        #expect(publisher.reports.allSatisfy { $0.failure == nil })

        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        try member.consumer.subscribe(to: topic)
        #expect(member.turn { member.records.count == 3 })
        #expect(member.records.map(\.key) == [nil, [], [1, 0]])
        #expect(member.records.map(\.value) == [nil, [], [0, 255]])
        #expect(member.records.map(\.headers) == [[], [], headers])
        #expect(member.records.map(\.offset) == [0, 1, 2])
        #expect(member.records.allSatisfy { ($0.timestampMs ?? 0) > 1_600_000_000_000 })
    }
}
