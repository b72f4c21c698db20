import TestSupport
import Testing

@testable import Kafka

/// What lies prefetched when a partition is paused is handed out, in order and once.
@Suite(.machine) struct KeepingTests {
    /// A member that has fetched all of a partition with so many records, and handed out the first ten.
    private func member(_ cluster: Cluster, records: Int) throws -> (Member, topic: String) {
        let topic = try cluster.topic(records: records)
        let member = try cluster.consumer(group: Cluster.unique("g"))
        member.held = [0]
        member.read(topic)
        #expect(member.turn { take(10, member) && member.records.count == 10 })
        #expect(
            member.turn {
                let found = member.consumer.prefetched(of: 0)
                return found.isComplete && found.queued == records - 10
            })
        return (member, topic)
    }

    /// Takes so many in all, at most.
    @discardableResult
    private func take(_ count: Int, _ member: Member) -> Bool {
        _ = member.consumer.take(from: 0, limit: count - member.records.count) { member.records.append($0) }
        return true
    }

    @Test func aPausedPartitionHandsOutWhatWasPrefetched() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let (member, topic) = try member(cluster, records: 2000)
        defer { member.close() }
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }

        #expect(member.consumer.pause([0]) == 0)
        #expect(member.consumer.keptBytes > 0)
        #expect(member.consumer.position(of: 0) == 10)
        take(500, member)
        #expect(member.offsets(0) == Array(0..<500))
        #expect(member.consumer.position(of: 0) == 500)
        #expect(publisher.fill(topic, count: 1000))
        for _ in 0..<5 { member.turn() }
        take(2500, member)
        #expect(member.offsets(0) == Array(0..<2000))
        #expect(member.consumer.keptBytes == 0)

        member.consumer.resume([0])
        #expect(member.turn { take(3000, member) && member.records.count == 3000 })
        #expect(member.offsets(0) == Array(0..<3000))
    }

    /// Pauses and resumes at any moment, a fetch under way or not, what was kept used up or not.
    @Test func nothingIsLostOrComesTwiceHoweverOftenItIsPaused() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 3)
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        let member = try cluster.consumer(group: Cluster.unique("g"), prefetchMB: 1)
        defer { member.close() }
        member.held = [0, 1, 2]
        member.read(topic, [0, 1, 2])
        var published = 0
        for round in 0..<60 {
            #expect(publisher.fill(topic, count: 300, partitions: 3, bytes: 200))
            published += 300
            member.turn(waitMs: Int32(round % 7))
            for partition: Int32 in 0..<3 {
                let limit = Int.random(in: 0...250)
                _ = member.consumer.take(from: partition, limit: limit) { member.records.append($0) }
                if Bool.random() { member.consumer.pause([partition]) }
                if Bool.random() { member.consumer.resume([partition]) }
            }
        }
        member.consumer.resume([0, 1, 2])
        member.held = []
        #expect(member.turn { member.records.count >= published })
        for _ in 0..<5 { member.turn() }
        for partition: Int32 in 0..<3 { #expect(member.offsets(partition) == Array(0..<Int64(published / 3))) }
    }

    @Test func whatIsKeptOfAPartitionThatIsGivenUpIsForgotten() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let (member, _) = try member(cluster, records: 1000)
        defer { member.close() }
        member.consumer.pause([0])
        #expect(member.consumer.keptBytes > 0)
        member.consumer.unassign([0])
        #expect(member.consumer.keptBytes == 0)

        member.records = []
        member.consumer.assign([PartitionStart(partition: 0, offset: 700)])
        member.consumer.resume([0])
        #expect(member.turn { take(300, member) && member.records.count == 300 })
        #expect(member.offsets(0) == Array(700..<1000))
    }

    @Test func anAssignmentForgetsWhatWasKept() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let (member, _) = try member(cluster, records: 1000)
        defer { member.close() }
        member.consumer.pause([0])
        member.records = []
        member.consumer.assign([PartitionStart(partition: 0, offset: 700)])
        #expect(member.consumer.keptBytes == 0)
        member.consumer.resume([0])
        #expect(member.turn { take(300, member) && member.records.count == 300 })
        #expect(member.offsets(0) == Array(700..<1000))
    }

    @Test func whatIsKeptOfAPartitionThatIsReadAgainIsForgotten() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let (member, _) = try member(cluster, records: 1000)
        defer { member.close() }
        member.consumer.pause([0])
        member.consumer.seek(0, to: 5)
        #expect(member.consumer.keptBytes == 0)
        member.consumer.resume([0])
        member.records = []
        #expect(member.turn { take(995, member) && member.records.count == 995 })
        #expect(member.offsets(0) == Array(5..<1000))
    }

    @Test func moreIsNotKeptThanMayLieInAQueue() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        // A broker sends whole batches: one of a megabyte would come, however little is asked for.
        let publisher = try cluster.producer([.init("batch.num.messages", "50")])
        defer { publisher.producer.destroy() }
        #expect(publisher.fill(topic, count: 4000, bytes: 1000))
        let member = try cluster.consumer(group: Cluster.unique("g"), prefetchMB: 1)
        defer { member.close() }
        member.held = [0]
        member.read(topic)
        #expect(member.turn { take(10, member) && member.records.count == 10 })
        #expect(member.turn { member.consumer.prefetched(of: 0).isComplete })
        #expect(member.consumer.prefetched(of: 0).isNearlyUsedUp)
        member.consumer.pause([0])
        let found = member.consumer.prefetched(of: 0)
        #expect(!found.isNearlyUsedUp)
        #expect(member.consumer.keptBytes > 1 << 18)
        #expect(member.consumer.keptBytes <= 1 << 20)
        while !member.consumer.prefetched(of: 0).isNearlyUsedUp { take(member.records.count + 1, member) }
        #expect(member.consumer.keptBytes > 1 << 16)
        member.consumer.resume([0])
        member.held = []
        #expect(member.turn { member.records.count == 4000 })
        #expect(member.offsets(0) == Array(0..<4000))
    }
}
