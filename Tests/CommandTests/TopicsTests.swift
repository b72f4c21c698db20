import Messages
import Testing

@Suite(.broker) struct TopicsTests {
    private var names: [String] { get throws { try bench.names.topics } }

    @Test func checkNamesEveryTopicWithItsPartitions() throws {
        let outcome = try bench.optimizer(["topics", "check"])
        #expect(outcome.code == 0)
        let words = outcome.words.split(separator: "\n")
        if Bench.realBootstrap != nil {
            // A cluster of several brokers would keep more copies than these have.
            #expect(words.filter { !$0.contains("it has one copy") } == [])
        } else {
            #expect(words == [])
        }
        #expect(outcome.lines.count == 6)
        for name in try names { #expect(outcome.output.contains(name)) }
        #expect(try outcome.lines[1].split(separator: " ") == [Substring(bench.names.requests), "6", "1", "there"])
    }

    @Test func checkTellsAProgramTheSame() throws {
        let outcome = try bench.optimizer(["topics", "check", "--json"])
        let topics = try objects(outcome.output)
        #expect(try topics.map { $0["topic"]?.string } == names)
        #expect(topics.map { $0["partitions"]?.integer } == [6, 6, 1, 1, 1])
        #expect(topics.allSatisfy { $0["exists"]?.bool == true && $0["replicas"]?.integer == 1 })
    }

    @Test func aMissingTopicIsNamedWithTheCommandThatMakesIt() throws {
        let outcome = try bench.optimizer(["topics", "check", "--set", "kafka.topics.results=other"])
        #expect(outcome.code == 78)
        #expect(outcome.lines[2].split(separator: " ") == ["other", "-", "-", "missing"])
        let address = try bench.address
        #expect(
            outcome.words.contains(
                ": other; create with: optimizer topics create --set kafka.topics.results=other --brokers \(address)"))
    }

    @Test func oneTopicMayBeAskedForAlone() throws {
        let outcome = try bench.optimizer([
            "topics", "check", "--topic", "absent", "--topic", bench.names.metrics, "--json",
        ])
        #expect(outcome.code == 78)
        #expect(try objects(outcome.output).map { $0["exists"]?.bool } == [false, true])
        #expect(outcome.words.contains("--topic absent"))
    }

    @Test func createLeavesWhatIsThere() throws {
        let outcome = try bench.optimizer(["topics", "create", "--json"])
        #expect(outcome.code == 0)
        #expect(try objects(outcome.output).map { $0["state"]?.string } == Array(repeating: "already there", count: 5))
    }

    @Test(.enabled(if: Bench.realBootstrap != nil, "the embedded broker cannot create topics"))
    func createMakesWhatIsMissingForANodeToFindAtOnce() throws {
        let names = BenchNames.unique()
        let address = try bench.address
        func optimizer(_ words: String...) throws -> Program.Outcome {
            try Program.run(["topics"] + words + ["--brokers", address], environment: names.environment)
        }
        defer { #expect(throws: Never.self) { try names.delete(from: address) } }
        let one = try optimizer("create", "--topic", names.metrics, "--replication-factor", "1")
        #expect(one.code == 0)
        #expect(one.lines.last?.split(separator: " ") == [Substring(names.metrics), "created"])

        let rest = try optimizer("create", "--partitions", "3", "--replication-factor", "1", "--json")
        #expect(rest.code == 0, "\(rest.words)")
        #expect(try objects(rest.output).map { $0["topic"]?.string } == names.topics)
        let states = try objects(rest.output).map { $0["state"]?.string }
        #expect(states == ["created", "created", "already there", "created", "created"])

        let check = try optimizer("check", "--json")
        #expect(check.code == 0, "\(check.words)")
        #expect(try objects(check.output).map { $0["partitions"]?.integer } == [3, 3, 1, 1, 1])
        #expect(try objects(check.output).allSatisfy { $0["replicas"]?.integer == 1 })
    }

    @Test(.enabled(if: Bench.realBootstrap != nil, "the embedded broker cannot create topics"))
    func createSaysWhichTopicTheBrokerRefused() throws {
        let names = BenchNames.unique()
        let words = ["topics", "create", "--topic", names.results, "--replication-factor", "99", "--json"]
        let outcome = try Program.run(words + ["--brokers", bench.address], environment: names.environment)
        #expect(outcome.code == 1)
        let state = try #require(objects(outcome.output).first)
        #expect(state["state"]?.string == "failed")
        #expect(state["error"]?.string?.hasPrefix("INVALID_REPLICATION_FACTOR") == true)
    }

    @Test(.enabled(if: Bench.realBootstrap == nil, "a real Kafka can"))
    func createSaysThatTheEmbeddedBrokerCannot() throws {
        let outcome = try bench.optimizer(["topics", "create", "--topic", "new.topic"])
        #expect(outcome.code == 1)
        #expect(outcome.output == "")
        #expect(outcome.words.contains("embedded broker, which cannot create topics (missing: new.topic)"))
    }

    @Test(arguments: ["--topic-config=retention.ms", "--topic-config==5", "--topic-config=a b=5"])
    func whatIsNoSettingIsAWrongCall(_ option: String) throws {
        let outcome = try bench.optimizer(["topics", "create", option])
        #expect(outcome.code == 64)
        #expect(outcome.words.contains("must be KEY=VALUE"))
    }

    @Test(.enabled(if: Bench.realBootstrap != nil, "the embedded broker has no settings"))
    func settingsThatDoNotFitAreSaid() throws {
        let names = BenchNames.unique()
        let address = try bench.address
        func optimizer(_ words: String...) throws -> Program.Outcome {
            try Program.run(["topics"] + words + ["--brokers", address], environment: names.environment)
        }
        defer { #expect(throws: Never.self) { try names.delete(from: address) } }
        let made = try optimizer(
            "create", "--replication-factor", "1", "--topic", names.requests, "--topic-config",
            "cleanup.policy=compact", "--topic-config", "retention.ms=3600000")
        #expect(made.code == 0, "\(made.words)")
        #expect(try optimizer("create", "--replication-factor", "1").code == 0)
        let check = try optimizer("check", "--json")
        #expect(check.code == 78)
        #expect(check.words.contains("wrong: \(names.requests): cleanup.policy is compact"))
        let requests = try #require(objects(check.output).first)
        #expect(requests["wrong"]?.elements?.count == 1)
        #expect(requests["notes"]?.elements?.contains { $0.string?.contains("retention.ms") == true } == true)
    }

    @Test(arguments: ["--partitions=0", "--partitions=x", "--replication-factor=0"])
    func aNumberOutOfRangeIsAWrongCall(_ option: String) throws {
        let outcome = try bench.optimizer(["topics", "create", option])
        #expect(outcome.code == 64)
        #expect(outcome.words.contains("must be a whole number from 1 to"))
    }
}
