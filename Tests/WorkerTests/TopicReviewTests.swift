import Testing

@testable import Kafka
@testable import Worker

@Suite struct TopicReviewTests {
    private static let topics = TopicNames(requests: "q", results: "r", metrics: "m", deadLetters: "d")
    private static let fitting = [
        "cleanup.policy": "delete", "retention.ms": "604800000", "retention.bytes": "-1", "min.insync.replicas": "2",
        "max.message.bytes": "1048588", "unclean.leader.election.enable": "false",
    ]

    /// A review of topics that fit, but for these settings.
    private func findings(
        _ changes: [String: [String: String]] = [:], partitions: Int = 12, replicas: Int = 3, brokers: Int = 3
    ) -> [TopicFinding] {
        let names = Self.topics.all
        let settings = names.map { name in
            (name, Self.fitting.merging(changes[name] ?? [:]) { _, changed in changed })
        }
        return TopicReview(
            Self.topics,
            names.map {
                TopicDescription(
                    name: $0, partitions: Array(0..<Int32(partitions)), replicas: replicas, failure: nil,
                    withoutLeader: [], isReady: true)
            }, settings: Dictionary(uniqueKeysWithValues: settings), brokers: brokers
        ).findings
    }

    @Test func whatTopicsCreateMakesFits() {
        #expect(findings() == [])
        let oneCopy = Dictionary(uniqueKeysWithValues: Self.topics.all.map { ($0, ["min.insync.replicas": "1"]) })
        #expect(findings(oneCopy, replicas: 1, brokers: 1) == [])
    }

    @Test(arguments: [
        ("q", "cleanup.policy", "compact", true, "only the last is sure to be run"),
        ("r", "cleanup.policy", "compact,delete", true, "only the last stays"),
        ("d", "cleanup.policy", "compact", true, "without a key is refused"),
        ("m", "cleanup.policy", "compact", true, "without a key is refused"),
        ("q", "retention.ms", "3600000", false, "60 min: a request that waits for longer is lost"),
        ("q", "retention.bytes", "1000000", false, "the oldest requests are lost"),
        ("r", "min.insync.replicas", "4", true, "nothing can be written"),
        ("d", "min.insync.replicas", "3", false, "one broker away stops all writing"),
        ("r", "min.insync.replicas", "1", false, "set it to 2"),
        ("r", "unclean.leader.election.enable", "true", false, "may be lost"),
        ("r", "max.message.bytes", "100000", false, "becomes result_too_large"),
        ("d", "max.message.bytes", "100000", false, "requests may have 1048588"),
    ])
    func whatDoesNotFitIsSaidOfItsTopic(
        _ topic: String, _ setting: String, _ value: String, _ isWrong: Bool, _ words: String
    ) {
        let found = findings([topic: [setting: value]])
        #expect(found.map(\.topic) == [topic])
        #expect(found.first?.isWrong == isWrong)
        #expect(found.first?.text.hasPrefix("\(setting) is \(value)") == true)
        #expect(found.first?.text.contains(words) == true)
    }

    @Test func whatNeverEndsIsNotShort() {
        #expect(findings(["q": ["retention.ms": "-1"]]) == [])
    }

    @Test func metricsEventsMayBeOldSoonAndNeedNoCopies() {
        #expect(findings(["m": ["retention.ms": "3600000", "min.insync.replicas": "1"]]) == [])
    }

    @Test func oneCopyOfManyBrokersAndOnePartitionAreWorthKnowing() {
        let found = findings(
            Dictionary(uniqueKeysWithValues: Self.topics.all.map { ($0, ["min.insync.replicas": "1"]) }), partitions: 1,
            replicas: 1)
        #expect(found.allSatisfy { !$0.isWrong })
        #expect(found.filter { $0.text.contains("one copy") }.map(\.topic) == Self.topics.all)
        #expect(found.filter { $0.text.contains("one partition") }.map(\.topic) == ["q"])
    }

    @Test func settingsThatMayNotBeLookedAtAreNotGuessed() {
        let topic = TopicDescription(
            name: "q", partitions: [0, 1], replicas: 3, failure: nil, withoutLeader: [], isReady: true)
        let found = TopicReview(Self.topics, [topic], settings: [:], brokers: 3).findings
        #expect(found.map(\.isWrong) == [false])
        #expect(found.first?.text.contains("DescribeConfigs") == true)
    }
}

@Suite struct StartLacksTests {
    @Test func allThatIsMissingIsSaidAtOnce() {
        let lacks = StartLacks(
            missing: ["m", "d"],
            denied: [
                Permission(operation: .write, resource: .topic, name: "r"),
                Permission(operation: .read, resource: .group, name: "g"),
            ])
        #expect(
            lacks.description(bootstrapServers: "b:9092", principal: "User:node")
                == "the broker does not have the topics m, d; create what is missing with: optimizer topics create "
                + "--brokers b:9092 --topic m --topic d; and User:node is not allowed Write on topic r, Read on group g; "
                + "grant it with kafka-acls --add --allow-principal (or your cluster's own means)")
    }
}
