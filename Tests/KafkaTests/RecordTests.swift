import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct RecordTests {
    @Test func recordsComeAsTheyWereSent() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        let headers = [
            KafkaHeader("ce_id", "ä-1"), KafkaHeader(name: "none", value: nil), KafkaHeader(name: "empty", value: []),
        ]
        let producer = publisher.producer
        #expect(producer.produce(topic: topic, key: nil, value: nil, headers: [], token: 1) == .queued)
        #expect(producer.produce(topic: topic, key: [], value: [], headers: [], token: 0) == .queued)
        #expect(
            producer.produce(topic: topic, key: [1, 0], value: [0, 255], headers: headers, token: .max) == .queued)
        #expect(publisher.drain())
        #expect(publisher.reports.map(\.token) == [1, 0, .max])
        #expect(publisher.reports.allSatisfy { $0.failure == nil && $0.partition == 0 })
        #expect(publisher.reports.map(\.offset) == [0, 1, 2])

        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic)
        #expect(member.turn { member.records.count == 3 })
        #expect(member.records.map(\.key) == [nil, [], [1, 0]])
        #expect(member.records.map(\.value) == [nil, [], [0, 255]])
        #expect(member.records.map(\.headers) == [[], [], headers])
        #expect(member.records.map(\.offset) == [0, 1, 2])
        #expect(member.records.allSatisfy { ($0.timestampMs ?? 0) > 1_600_000_000_000 })
        #expect(member.records[2].header("ce_id") == Array("ä-1".utf8))
    }

    @Test func aDigestTellsRecordsApart() {
        func digest(_ time: Int64?, _ key: [UInt8]?, _ value: [UInt8]?, offset: Int64 = 7) -> UInt64 {
            KafkaRecord(partition: 0, offset: offset, timestampMs: time, key: key, value: value, headers: []).digest
        }
        let value = Array("a value of more than eight bytes".utf8)
        #expect(digest(5, [1], value) == digest(5, [1], value, offset: 8))
        var others: [UInt64] = [
            digest(5, [1], value), digest(6, [1], value), digest(nil, [1], value), digest(5, nil, value),
            digest(5, [], value), digest(5, [1], nil), digest(5, [1], []), digest(5, [1], [0]), digest(5, [1], [0, 0]),
            digest(5, [1] + value, []),
        ]
        for index in value.indices {
            var changed = value
            changed[index] ^= 1
            others.append(digest(5, [1], changed))
        }
        #expect(Set(others).count == others.count)
        // It is the same in every process and on every machine.
        #expect(digest(1_700_000_000_000, Array("key".utf8), Array("value".utf8)) == 0x8019_1160_B8EF_2937)
    }

    /// The vectors are Java's: its `Utils.murmur2` of "a", made positive, modulo the partition count.
    @Test func keysLieOnThePartitionJavaWouldChoose() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 97)
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        for (number, key) in ["21", "foobar", "a-little-bit-long-string"].enumerated() {
            let outcome = publisher.producer.produce(
                topic: topic, key: Array(key.utf8), value: nil, headers: [], token: UInt64(number))
            #expect(outcome == .queued)
        }
        #expect(publisher.drain())
        let hashes: [Int32] = [-973_932_308, -790_332_482, -985_981_536]
        let wanted = hashes.map { ($0 & 0x7fff_ffff) % 97 }
        #expect(publisher.reports.sorted { $0.token < $1.token }.map(\.partition) == wanted)
    }

    @Test func aTakeIsNeverLargerThanItsLimitAndSaysWhenItIsDrained() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(records: 2500)
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.held = [0]
        member.read(topic)
        var taken: [KafkaRecord] = []
        var results: [TakeResult] = []
        #expect(
            member.turn {
                let result = member.consumer.take(from: 0, limit: 1100) { taken.append($0) }
                if result.records > 0 { results.append(result) }
                return taken.count == 2500
            })
        #expect(taken.map(\.offset) == Array(0..<2500))
        #expect(results.allSatisfy { $0.records <= 1100 })
        #expect(results.reduce(0) { $0 + $1.bytes } == taken.reduce(0) { $0 + ($1.value?.count ?? 0) })
        #expect(results.allSatisfy { $0.isDrained == ($0.records < 1100) })
        #expect(member.consumer.take(from: 7, limit: 1) { _ in }.isDrained)
    }

    /// 6 MB through a budget of 1 MB. librdkafka 2.0.2 alone sleeps up to a second each time the budget is full: that
    /// takes it about 10 s, however fast the machine is, and more where it has other things to do. So the quickest of
    /// some tries counts.
    @Test func aFullPrefetchBudgetDoesNotStopTheFetcher() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic()
            // The mock keeps 5 MiB per partition, as compressed.
            let publisher = try cluster.producer([.init("compression.type", "lz4"), .init("linger.ms", "20")])
            defer { publisher.producer.destroy() }
            #expect(publisher.fill(topic, count: 20_000, bytes: 300))
            func read() throws -> Int64 {
                let member = try cluster.consumer(group: Cluster.unique("g"), prefetchMB: 1)
                defer { member.close() }
                let begun = now()
                member.read(topic)
                #expect(member.turn { member.records.count == 20_000 })
                let took = now() - begun
                #expect(member.numbers == Array(0..<20_000))
                return took
            }
            var quickest = try read()
            for _ in 0..<9 where quickest >= 5000 { quickest = min(quickest, try read()) }
            #expect(quickest < 5000)
        }
    }
}
