import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct TrialTests {
    private func tryGroup(
        _ cluster: Cluster, _ group: String, _ topic: String, partitions: [Int32] = [0]
    ) throws -> GroupTrial {
        try GroupTrial(
            .groupObserver(bootstrap: cluster.bootstrap, groupID: group, embedded: cluster.isEmbedded), topic: topic,
            partitions: partitions, timeoutMs: 60_000)
    }

    @Test func aCommitThatIsOnlyTriedCommitsNothing() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let (topic, group) = (try cluster.topic(), Cluster.unique("group"))
        for _ in 0..<2 {
            let trial = try tryGroup(cluster, group, topic)
            #expect(trial.refusal == nil)
            #expect(trial.hasCommitted == false)
        }
        #expect(try tryGroup(cluster, group, topic, partitions: [.max]).hasCommitted != true)
    }

    @Test func whatAGroupHasCommittedIsSeen() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let (topic, group) = (try cluster.topic(partitions: 2), Cluster.unique("group"))
        let member = try cluster.consumer(group: group)
        defer { member.consumer.destroy() }
        member.consumer.topic = topic
        member.consumer.commit([CommitEntry(partition: 1, nextOffset: 1)], number: 1)
        let deadline = now() + 60_000
        while now() < deadline, try tryGroup(cluster, group, topic, partitions: [0, 1]).hasCommitted != true {}
        #expect(try tryGroup(cluster, group, topic, partitions: [0, 1]).hasCommitted == true)
    }

    @Test(.enabled(if: Cluster.realBootstrap == nil, "only the mock's answers can be replaced"))
    func aCommitThatIsRefusedSaysByWhichRule() throws {
        let cluster = try Cluster(own: true)
        defer { cluster.close() }
        let topic = try cluster.topic()
        cluster.broker?.fail(.offsetCommit, with: [30])
        #expect(try tryGroup(cluster, "g", topic).refusal?.name == "GROUP_AUTHORIZATION_FAILED")
    }

    @Test(.enabled(if: Cluster.realBootstrap == nil, "only the mock's answers can be replaced"))
    func aTopicThatMayNotBeWrittenToIsFound() throws {
        let cluster = try Cluster(own: true)
        defer { cluster.close() }
        let (open, closed) = (try cluster.topic("open"), try cluster.topic("closed"))
        func refusals(_ topic: String, answering code: Int32) throws -> [String: KafkaFailure] {
            cluster.broker?.fail(.produce, with: [code])
            return try WriteTrial.refusals(
                .writeTrial(bootstrap: cluster.bootstrap, timeoutMs: 30_000), topics: [topic], timeoutMs: 30_000)
        }
        // What a broker says of acks=2, to one who may write.
        #expect(try refusals(open, answering: 21) == [:])
        #expect(try refusals(closed, answering: 29).mapValues(\.kind) == [closed: .authorization])
        let admin = try AdminClient(.admin(bootstrap: cluster.bootstrap, embedded: true))
        defer { admin.close() }
        #expect(try admin.endOffsets(topic: open, partitions: [0]) == [0: 0])
    }

    @Test(.enabled(if: Cluster.realBootstrap != nil, "the mock does not look at acks, and keeps the record"))
    func aRealBrokerKeepsNothingOfAWriteThatIsOnlyTried() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let refusals = try WriteTrial.refusals(
            .writeTrial(bootstrap: cluster.bootstrap, timeoutMs: 30_000), topics: [topic], timeoutMs: 30_000)
        #expect(refusals == [:])
        let admin = try AdminClient(.admin(bootstrap: cluster.bootstrap))
        defer { admin.close() }
        #expect(try admin.endOffsets(topic: topic, partitions: [0]) == [0: 0])
    }

    @Test(.enabled(if: Cluster.realBootstrap == nil, "it takes a cluster of which one broker can be silenced"))
    func theBrokerThatDoesNotShowATopicYetIsNamed() throws {
        let broker = try EmbeddedBroker(brokers: 3, topics: [("t", 3)])
        defer { broker.close() }
        let admin = try AdminClient(.admin(bootstrap: broker.bootstrapServers, embedded: true))
        defer { admin.close() }
        #expect(try admin.awaitTopics(["t"]) == [])
        let last = try #require(try admin.brokers().first { $0.id == 3 })
        broker.setDown(true, broker: 3)
        #expect(try admin.awaitTopics(["t"], timeoutMs: 2000) == [last.address])
    }
}
