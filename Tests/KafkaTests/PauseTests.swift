import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct PauseTests {
    @Test func aPausedPartitionGoesOnWhereItStopped() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 2, records: 2000)
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.held = [0, 1]
        member.read(topic, [0, 1])
        var first: [Int64] = []
        #expect(
            member.turn {
                _ = member.consumer.take(from: 0, limit: 10 - first.count) { first.append($0.offset) }
                return first.count == 10
            })
        member.consumer.pause([0])
        #expect(member.consumer.paused == [0])
        // Partition 1 shows that fetching goes on.
        member.held = [0]
        #expect(member.turn { member.records.count == 1000 })
        #expect(member.records.allSatisfy { $0.partition == 1 })

        member.consumer.resume([0])
        member.held = []
        #expect(member.consumer.paused.isEmpty)
        #expect(member.turn { member.records.count == 1990 })
        #expect(first == Array(0..<10))
        #expect(member.records.filter { $0.partition == 0 }.map(\.offset) == Array(10..<1000))
    }

    /// librdkafka 2.0.2 rewinds a partition that is resumed without having been paused.
    @Test func resumingWhatIsNotPausedChangesNothing() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        #expect(publisher.fill(topic, count: 1000))
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic)
        member.consumer.pause([0, 5])
        member.consumer.pause([0])
        member.consumer.resume([0, 5])
        for round in 1...4 {
            for _ in 0..<20 { member.consumer.resume([0, 3]) }
            #expect(member.turn { member.records.count >= 1000 * round })
            #expect(publisher.fill(topic, count: 1000))
        }
        #expect(member.turn { member.records.count >= 5000 })
        #expect(member.records.map(\.offset) == Array(0..<5000))
    }

    @Test func aPauseOutlivesItsAssignment() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 2)
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        #expect(publisher.fill(topic, count: 200, partitions: 2))
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic, [0, 1])
        #expect(member.turn { member.records.count == 200 })
        member.consumer.pause([0])
        member.consumer.unassign([0, 1])
        #expect(member.consumer.assigned.isEmpty)
        #expect(member.consumer.paused == [0])

        // It comes back further on, as if another member had read it meanwhile.
        #expect(publisher.fill(topic, count: 200, partitions: 2))
        member.records = []
        member.consumer.assign([
            PartitionStart(partition: 0, offset: 150), PartitionStart(partition: 1, offset: 100),
        ])
        #expect(member.turn { member.records.count == 100 })
        #expect(member.records.allSatisfy { $0.partition == 1 })
        #expect(member.consumer.paused == [0])
        member.consumer.resume([0])
        #expect(member.turn { member.records.count == 150 })
        #expect(member.records.filter { $0.partition == 0 }.map(\.offset) == Array(150..<200))
    }

    /// With nothing left to fetch librdkafka's thread sleeps for a second, and a resume alone does not wake it: even
    /// the quickest of these five would take most of it, however fast the machine is.
    @Test func aResumeFetchesAtOnce() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(records: 1000)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            defer { member.close() }
            member.held = [0]
            member.read(topic)
            var taken: [Int64] = []
            var quickest = Int64.max
            for round in 1...6 {
                let begun = now()
                #expect(
                    member.turn {
                        _ = member.consumer.take(from: 0, limit: round * 10 - taken.count) { taken.append($0.offset) }
                        return taken.count == round * 10
                    })
                // The first round is the start.
                if round > 1 { quickest = min(quickest, now() - begun) }
                member.consumer.pause([0])
                // Until the fetcher has nothing to do.
                for _ in 0..<5 { member.turn() }
                member.consumer.resume([0])
            }
            #expect(quickest < 500)
            #expect(taken == Array(0..<60))
        }
    }
}
