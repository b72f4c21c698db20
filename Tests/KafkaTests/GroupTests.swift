import TestSupport
import Testing

@testable import Kafka

/// A first join waits 3 s, on the mock as on a Kafka with its default settings; on the mock a later one waits for the
/// session timeout less 1 s. Kafka takes no session under 6 s.
@Suite(.machine) struct GroupTests {
    @Test func membersShareThePartitionsAndTakeOverWhatALeavingOneHad() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 4)
            let publisher = try cluster.producer()
            defer { publisher.producer.destroy() }
            let group = Cluster.unique("g")
            let session = [ClientProperties.Property("session.timeout.ms", "6000")]
            let first = try cluster.consumer(group: group, session)
            let second = try cluster.consumer(group: group, session)
            defer { first.close() }
            try first.consumer.subscribe(to: topic)
            try second.consumer.subscribe(to: topic)
            #expect(
                first.turn {
                    second.turn(waitMs: 1)
                    return first.consumer.assigned.count == 2 && second.consumer.assigned.count == 2
                })
            #expect(first.consumer.assigned.union(second.consumer.assigned) == [0, 1, 2, 3])
            #expect(publisher.fill(topic, count: 400, partitions: 4))
            #expect(
                first.turn {
                    second.turn(waitMs: 1)
                    return first.records.count == 200 && second.records.count == 200
                })

            // A pause lives through the revocation and the new assignment.
            let kept = first.consumer.assigned
            first.consumer.pause(Array(kept))
            second.close()
            #expect(first.turn { first.consumer.assigned.count == 4 })
            #expect(first.consumer.paused == kept)
            #expect(publisher.fill(topic, count: 400, partitions: 4))
            // Nothing was committed, so what the other had comes again from its beginning.
            let taken = Set<Int32>([0, 1, 2, 3]).subtracting(kept)
            #expect(first.turn { Set(taken).allSatisfy { first.offsets($0).last == 199 } })
            #expect(kept.allSatisfy { first.offsets($0).count == 100 })
            first.consumer.resume([0, 1, 2, 3])
            #expect(first.turn { kept.allSatisfy { first.offsets($0).last == 199 } })
            #expect(first.failures.allSatisfy { $0.isTemporary }, "\(first.failures)")
        }
    }

    @Test func aMemberThatIsDestroyedWithoutLeavingEndsAtOnce() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 2, records: 100)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            try member.consumer.subscribe(to: topic)
            #expect(member.turn { member.records.count == 100 })
            member.consumer.pause([0, 1])
            member.consumer.resume([0])
            member.consumer.commit([CommitEntry(partition: 0, nextOffset: 1, metadata: "x")], number: 1)
            // librdkafka waits for ever for a list of paused partitions that somebody still holds.
            #expect(member.consumer.destroy())
        }
    }

    /// A drain that takes too long ends like this.
    @Test func aMemberThatIsDestroyedWithAnUnansweredRevocationEndsAtOnce() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 2, records: 100)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            try member.consumer.subscribe(to: topic)
            #expect(member.turn { member.records.count == 100 })
            member.consumer.startClose()
            let deadline = now() + Int64(Patience.milliseconds)
            var revoked = false
            while !revoked, now() < deadline {
                _ = member.wakeUp.wait(milliseconds: 20)
                while let event = member.consumer.nextEvent() {
                    if case .revoke = event { revoked = true }
                }
            }
            #expect(revoked)
            #expect(!member.consumer.isClosed)
            #expect(member.consumer.destroy(closingMs: Int32(Patience.milliseconds)))
        }
    }

    @Test func aMemberThatIsDestroyedWithAnUnansweredAssignmentEndsAtOnce() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 2)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            try member.consumer.subscribe(to: topic)
            let deadline = now() + Int64(Patience.milliseconds)
            var isAssigned = false
            while !isAssigned, now() < deadline {
                _ = member.wakeUp.wait(milliseconds: 20)
                while let event = member.consumer.nextEvent() {
                    if case .assign = event { isAssigned = true }
                }
            }
            #expect(isAssigned)
            #expect(member.consumer.destroy())
        }
    }

    @Test(.enabled(if: Cluster.realBootstrap == nil))
    func leavingAGroupWhoseBrokerIsGoneTakesNoLongerThanAllowed() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 2)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            try member.consumer.subscribe(to: topic)
            #expect(member.turn { member.consumer.assigned.count == 2 })
            cluster.broker?.close()
            member.consumer.commit([CommitEntry(partition: 0, nextOffset: 1)], number: 1)
            member.consumer.startClose()
            for _ in 0..<5 { member.turn() }
            // Without a bound this would not return.
            member.consumer.destroy(closingMs: 500)
        }
    }

    @Test func aPatternIsNotATopic() throws {
        let member = try Member(.consumer(bootstrap: "127.0.0.1:1", groupID: "g"))
        defer { member.consumer.destroy() }
        #expect(throws: KafkaFailure.self) { try member.consumer.subscribe(to: "^opt.*") }
        #expect(throws: KafkaFailure.self) { try member.consumer.subscribe(to: "") }
    }

    /// Replaced answers need the embedded broker. A real one refuses in the same place.
    @Test(.enabled(if: Cluster.realBootstrap == nil))
    func aTopicThisPrincipalMayNotReadIsSaid() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic()
            cluster.broker?.setTopicError(topic, code: 29)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            defer { member.close() }
            try member.consumer.subscribe(to: topic)
            #expect(member.turn { member.failures.contains { $0.kind == .authorization } })
            #expect(member.failures.first { $0.kind == .authorization }?.reason.contains(topic) == true)
        }
    }

    @Test func brokersThatCannotBeReachedAreSaid() throws {
        let member = try Member(.consumer(bootstrap: "127.0.0.1:1", groupID: "g"))
        defer { member.consumer.destroy() }
        try member.consumer.subscribe(to: "t")
        #expect(member.turn { member.failures.contains { $0.name == "_ALL_BROKERS_DOWN" } })
        #expect(member.failures.allSatisfy { $0.kind == .transient })
        #expect(member.events.contains { if case .log(3, "FAIL", _) = $0 { true } else { false } })
    }
}
