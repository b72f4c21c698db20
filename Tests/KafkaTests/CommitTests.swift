import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct CommitTests {
    @Test func offsetAndMetadataComeBackAsTheyWereCommitted() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 3)
        let group = Cluster.unique("g")
        let member = try cluster.consumer(group: group)
        defer { member.close() }
        member.read(topic, [0, 1, 2])
        let map = "v1:ä" + String(repeating: "x", count: 4000)
        member.consumer.commit(
            [
                CommitEntry(partition: 0, nextOffset: 7, metadata: map),
                CommitEntry(partition: 1, nextOffset: 8, metadata: ""),
            ], number: 1)
        #expect(member.turn { member.commits.count == 2 })
        #expect(member.commits.allSatisfy { $0.failure == nil })
        #expect(member.commits.map(\.nextOffset).sorted() == [7, 8])

        let wanted = [
            CommittedOffset(partition: 0, nextOffset: 7, metadata: map, failure: nil),
            CommittedOffset(partition: 1, nextOffset: 8, metadata: nil, failure: nil),
            CommittedOffset(partition: 2, nextOffset: nil, metadata: nil, failure: nil),
        ]
        let observer = try AdminClient(
            .groupObserver(bootstrap: cluster.bootstrap, groupID: group, embedded: cluster.isEmbedded))
        defer { observer.close() }
        #expect(
            try observer.committed(topic: topic, partitions: [0, 1, 2], timeoutMs: Int32(Patience.milliseconds))
                == wanted)
        let admin = try AdminClient(.admin(bootstrap: cluster.bootstrap, embedded: cluster.isEmbedded))
        defer { admin.close() }
        #expect(try admin.committed(group: group, topic: topic, partitions: [0, 1, 2]) == wanted)
    }

    @Test func whatIsCommittedIsToldWithoutWaiting() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 3)
            let group = Cluster.unique("g")
            let member = try cluster.consumer(group: group)
            defer { member.close() }
            member.read(topic, [0, 1, 2])
            // Nobody has used the group.
            member.consumer.askCommitted([0, 1], number: 5)
            #expect(member.turn { member.told(5) != nil })
            #expect(member.told(5)?.offsets.allSatisfy { $0.nextOffset == nil && $0.metadata == nil } == true)
            member.consumer.commit(
                [
                    CommitEntry(partition: 0, nextOffset: 7, metadata: "done"),
                    CommitEntry(partition: 1, nextOffset: 8),
                ], number: 1)
            #expect(member.turn { member.commits.count == 2 })
            member.consumer.askCommitted([0, 1, 2], number: 6)
            #expect(member.turn { member.told(6) != nil })
            #expect(member.told(6)?.failure == nil)
            let offsets = member.told(6)?.offsets.sorted { $0.partition < $1.partition } ?? []
            #expect(offsets.map(\.nextOffset) == [7, 8, nil])
            #expect(offsets.map(\.metadata) == ["done", nil, nil])
        }
    }

    /// Had librdkafka's own time-out come in between, the process would end as soon as the coordinator is there again.
    @Test(.enabled(if: Cluster.realBootstrap == nil, "only the embedded broker can be stopped from here"))
    func whoHasAskedACoordinatorThatIsAwayIsToldSoAndMayAskAgain() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic(records: 1)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            defer { member.close() }
            member.read(topic)
            #expect(member.turn { member.records.count == 1 })
            cluster.broker?.setDown(true)
            member.consumer.askCommitted([0], number: 1, timeoutMs: 300)
            #expect(member.turn { member.told(1) != nil })
            #expect(member.told(1)?.failure?.name == "_TIMED_OUT")
            cluster.broker?.setDown(false)
            member.consumer.askCommitted([0], number: 2, timeoutMs: Int32(Patience.milliseconds))
            #expect(member.turn { member.told(2) != nil })
            #expect(member.told(2)?.failure == nil)
            let answers = member.events.count { if case .committedBefore = $0 { true } else { false } }
            #expect(answers == 2, "the late one is nobody's")
        }
    }

    /// librdkafka has the time-out of these for the best part of an hour: whoever ends does not wait for it.
    @Test(.enabled(if: Cluster.realBootstrap == nil, "only the embedded broker can be stopped from here"))
    func aClientThatHasAskedACoordinatorThatIsAwayEndsAllTheSame() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic(records: 1)
            let members = try (0..<2).map { _ in try cluster.consumer(group: Cluster.unique("g")) }
            for member in members {
                member.read(topic)
                #expect(member.turn { member.records.count == 1 })
            }
            cluster.broker?.setDown(true)
            for member in members {
                // Nobody waits for the first any more.
                member.consumer.askCommitted([0], number: 1, timeoutMs: 300)
                #expect(member.turn { member.told(1) != nil })
                member.consumer.askCommitted([0], number: 2, timeoutMs: Int32(Patience.milliseconds))
            }
            #expect(members[0].consumer.destroy(patienceMs: Int32(Patience.milliseconds)))
            // The other one's coordinator is there again at that moment.
            cluster.broker?.setDown(false)
            #expect(members[1].consumer.destroy(patienceMs: Int32(Patience.milliseconds)))
        }
    }

    @Test func aPartitionIsReadAgainFromWhereItIsTold() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 2)
            let publisher = try cluster.producer()
            defer { publisher.producer.destroy() }
            #expect(publisher.fill(topic, count: 40, partitions: 2))
            let member = try cluster.consumer(group: Cluster.unique("g"))
            defer { member.close() }
            member.read(topic, [0, 1])
            #expect(member.turn { member.records.count == 40 })
            #expect(member.consumer.knownEnd(of: 0) == 20)
            member.consumer.seek(0, to: 15)
            #expect(member.turn { member.records.count == 45 })
            #expect(member.offsets(0) == Array(0..<20) + Array(15..<20))
            #expect(member.failures.isEmpty)
        }
    }

    @Test func anEmptyCommitAsksForNothing() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic)
        member.consumer.commit([], number: 1)
        member.consumer.commit([CommitEntry(partition: 0, nextOffset: 1)], number: 2)
        #expect(member.turn { !member.commits.isEmpty })
        #expect(member.commits.count == 1)
    }

    @Test func aPartitionWithoutAStartBeginsAtItsCommittedOffset() async throws {
        try await onOwnThread {
            let cluster = try Cluster()
            defer { cluster.close() }
            let topic = try cluster.topic(partitions: 2, records: 40)
            let member = try cluster.consumer(group: Cluster.unique("g"))
            defer { member.close() }
            member.read(topic, [])
            member.consumer.commit([CommitEntry(partition: 0, nextOffset: 15)], number: 3)
            #expect(member.turn { !member.commits.isEmpty })
            member.read(topic, [0, 1], from: nil)
            #expect(member.turn { member.records.count == 25 })
            #expect(member.records.filter { $0.partition == 0 }.map(\.offset) == Array(15..<20))
            #expect(member.records.filter { $0.partition == 1 }.map(\.offset) == Array(0..<20))
        }
    }

    @Test func anAnswerNamesItsCommit() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic)
        let numbers: [UInt64] = [7, .max, 1]
        for number in numbers {
            member.consumer.commit([CommitEntry(partition: 0, nextOffset: Int64(number & 0xff))], number: number)
        }
        #expect(member.turn { member.commits.count == 3 })
        let answered = member.events.compactMap { event -> UInt64? in
            if case .committed(_, let number) = event { number } else { nil }
        }
        #expect(answered == numbers)
    }

    /// Replaced answers need the embedded broker.
    @Test(.enabled(if: Cluster.realBootstrap == nil))
    func aRefusedCommitSaysWhy() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic()
            let member = try cluster.consumer(group: Cluster.unique("g"))
            defer { member.close() }
            member.read(topic)
            let answers: [(code: Int32, kind: KafkaFailure.Kind)] = [
                (27, .membership), (22, .membership), (12, .tooLarge), (30, .authorization),
            ]
            for (number, answer) in answers.enumerated() {
                cluster.broker?.fail(.offsetCommit, with: [answer.code])
                member.consumer.commit([CommitEntry(partition: 0, nextOffset: 1)], number: 2)
                #expect(member.turn { member.commits.count == number + 1 })
                #expect(member.commits.last?.failure?.code == answer.code)
                #expect(member.commits.last?.failure?.kind == answer.kind)
            }
        }
    }

    @Test func anOffsetThatIsGoneIsNamedAndReadingGoesOnAtTheFirstThereIs() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(partitions: 2, records: 20)
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic, [1], from: 5000)
        #expect(member.turn { member.records.count == 10 })
        #expect(member.records.map(\.offset) == Array(0..<10))
        let gaps = member.events.compactMap { event -> Int64? in
            guard case .offsetOutOfRange(1, let expected, _) = event else { return nil }
            return expected
        }
        #expect(gaps == [5000])
    }

    @Test(arguments: [nil, 5000] as [Int64?])
    func whatDebugLinesSayOfOffsetsIsNoReset(from start: Int64?) throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(records: 10)
        let member = try cluster.consumer(group: Cluster.unique("g"), [.init("debug", "topic")])
        defer { member.close() }
        member.read(topic, from: start)
        #expect(member.turn { member.records.count == 10 })
        let lines = member.events.filter { event in
            if case .log(7, "OFFSET", let text) = event { text.contains("offset reset") } else { false }
        }
        let resets = member.events.filter { if case .offsetOutOfRange = $0 { true } else { false } }
        #expect(lines.count == (start == nil ? 1 : 0))
        #expect(resets.count == (start == nil ? 0 : 1))
    }

    @Test func aPositionIsThatOfItsAssignment() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic(records: 10)
        let member = try cluster.consumer(group: Cluster.unique("g"))
        defer { member.close() }
        member.read(topic)
        #expect(member.turn { member.records.count == 10 })
        #expect(member.consumer.position(of: 0) == 10)
        member.consumer.unassign([0])
        member.held = [0]
        member.read(topic, from: 3)
        #expect([nil, 3].contains(member.consumer.position(of: 0)))
    }
}
