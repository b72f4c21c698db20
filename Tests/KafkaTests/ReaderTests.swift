import Testing

@testable import Kafka

@Suite struct ReaderTests {
    @Test func aReaderReadsAllThereIsAndSaysSo() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topics = [try cluster.topic(partitions: 2), try cluster.topic(partitions: 1)]
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        #expect(publisher.fill(topics[0], count: 100, partitions: 2))
        #expect(publisher.fill(topics[1], count: 50))
        let reader = try TopicReader(
            .reader(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded),
            topics: topics.map { (name: $0, start: .beginning) })
        defer { reader.close() }
        #expect(readToEnd(reader).count == 150)

        #expect(publisher.fill(topics[1], count: 5))
        let more = readToEnd(reader)
        #expect(more.map(\.topic) == Array(repeating: topics[1], count: 5))
        #expect(more.map(\.record.offset) == Array(50..<55))
        #expect(reader.next(timeoutMs: 10) == .idle)
    }

    @Test func aReaderBeginsWhereItIsTold() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 2)
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        #expect(publisher.fill(topic, count: 20, partitions: 2))
        let properties = try ClientProperties.reader(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded)

        let some = try TopicReader(properties, topics: [(name: topic, start: .offsets([1: 8]))])
        defer { some.close() }
        #expect(readToEnd(some).map(\.record.offset) == [8, 9])

        let new = try TopicReader(properties, topics: [(name: topic, start: .end)])
        defer { new.close() }
        #expect(readToEnd(new).isEmpty)
        #expect(publisher.fill(topic, count: 1))
        #expect(readToEnd(new).map(\.record.offset) == [10])
    }

    private func readToEnd(_ reader: TopicReader) -> [(topic: String, record: KafkaRecord)] {
        var found: [(topic: String, record: KafkaRecord)] = []
        let deadline = now() + 20_000
        while now() < deadline {
            switch reader.next(timeoutMs: 100) {
            case .record(let topic, let record): found.append((topic, record))
            case .caughtUp: return found
            case .idle: break
            case .failure(let failure): Issue.record("\(failure)")
            }
        }
        Issue.record("the end did not come")
        return found
    }
}
