import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct ReaderTests {
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

    @Test func theEndThereWasIsToldThoughMoreComesAllTheTime() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 2)
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        #expect(publisher.fill(topic, count: 20))
        let reader = try TopicReader(
            .reader(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded),
            topics: [(name: topic, start: .beginning)])
        defer { reader.close() }
        var found = 0
        let deadline = now() + Int64(Patience.milliseconds)
        var isCaughtUp = false
        while !isCaughtUp, now() < deadline {
            #expect(publisher.fill(topic, count: 1))
            switch reader.next(timeoutMs: 1) {
            case .record: found += 1
            case .caughtUp: isCaughtUp = true
            case .idle, .failure: break
            }
        }
        #expect(isCaughtUp)
        #expect(found >= 20)
    }

    @Test(.enabled(if: Cluster.realBootstrap != nil, "the embedded broker finds no offset by time"))
    func aReaderBeginsAtATime() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        // One at a time, so that each has a batch and a time of its own.
        for _ in 0..<5 { #expect(publisher.fill(topic, count: 1)) }
        let properties = try ClientProperties.reader(bootstrap: cluster.bootstrap)
        let all = try TopicReader(properties, topics: [(name: topic, start: .beginning)])
        defer { all.close() }
        let times = readToEnd(all).map { $0.record.timestampMs ?? 0 }
        #expect(times.count == 5)

        for (time, wanted) in [(times[2], times.count { $0 >= times[2] }), (times[4] + 1, 0), (0, 5)] {
            let reader = try TopicReader(properties, topics: [(name: topic, start: .timestamp(time))])
            defer { reader.close() }
            #expect(readToEnd(reader).count == wanted)
        }
    }

    private func readToEnd(_ reader: TopicReader) -> [(topic: String, record: KafkaRecord)] {
        var found: [(topic: String, record: KafkaRecord)] = []
        let deadline = now() + Int64(Patience.milliseconds)
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
