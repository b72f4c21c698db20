import TestSupport
import Testing

@testable import Kafka

/// The loop waits on one descriptor: whatever it does not announce would lie until the loop's timeout.
@Suite(.machine) struct WakeTests {
    @Test func dataCommitsAndDeliveriesWake() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic)
        // The first record is there and everything is drained: only then does silence mean anything.
        #expect(publisher.fill(topic, count: 1))
        #expect(member.turn { member.records.count == 1 })
        settle(member)

        for number in 0..<5 {
            while publisher.wakeUp.wait(milliseconds: 0) {}
            #expect(publisher.producer.drainDeliveries { _ in } == 0)
            #expect(
                publisher.producer.produce(topic: topic, key: nil, value: [1], headers: [], token: 9) == .queued)
            #expect(publisher.wakeUp.wait(milliseconds: Int32(Patience.milliseconds)), "delivery \(number)")
            #expect(publisher.drain())

            #expect(member.wakeUp.wait(milliseconds: Int32(Patience.milliseconds)), "record \(number)")
            #expect(member.turn { member.records.count == number + 2 })
            settle(member)

            member.consumer.commit([CommitEntry(partition: 0, nextOffset: Int64(number + 1))], number: 1)
            #expect(member.wakeUp.wait(milliseconds: Int32(Patience.milliseconds)), "commit \(number)")
            #expect(member.turn { member.commits.count == number + 1 })
            settle(member)
        }
    }

    /// Until the descriptor stays silent for a while.
    private func settle(_ member: Member) {
        let deadline = now() + Int64(Patience.milliseconds)
        while member.wakeUp.wait(milliseconds: 50), now() < deadline { member.turn(waitMs: 0) }
    }
}
