import Messages
import Testing

@Suite(WithBroker()) struct TopicsTests {
    private static let names = [
        "optimizer.requests", "optimizer.results", "optimizer.metrics", "optimizer.dead-letters",
    ]

    @Test func checkNamesEveryTopicWithItsPartitions() throws {
        let outcome = try bench.optimizer(["topics", "check"])
        #expect(outcome.code == 0)
        #expect(outcome.words == "")
        #expect(outcome.lines.count == 5)
        for name in Self.names { #expect(outcome.output.contains(name)) }
        #expect(outcome.lines[1].split(separator: " ") == ["optimizer.requests", "6", "1", "there"])
    }

    @Test func checkTellsAProgramTheSame() throws {
        let outcome = try bench.optimizer(["topics", "check", "--json"])
        let topics = try objects(outcome.output)
        #expect(topics.map { $0["topic"]?.string } == Self.names)
        #expect(topics.map { $0["partitions"]?.integer } == [6, 6, 1, 1])
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
            "topics", "check", "--topic", "absent", "--topic", "optimizer.metrics", "--json",
        ])
        #expect(outcome.code == 78)
        #expect(try objects(outcome.output).map { $0["exists"]?.bool } == [false, true])
        #expect(outcome.words.contains("--topic absent"))
    }

    @Test func createLeavesWhatIsThere() throws {
        let outcome = try bench.optimizer(["topics", "create", "--json"])
        #expect(outcome.code == 0)
        #expect(try objects(outcome.output).map { $0["state"]?.string } == Array(repeating: "already there", count: 4))
    }

    @Test func createSaysThatTheEmbeddedBrokerCannot() throws {
        let outcome = try bench.optimizer(["topics", "create", "--topic", "new.topic"])
        #expect(outcome.code == 1)
        #expect(outcome.output == "")
        #expect(outcome.words.contains("embedded broker, which cannot create topics (missing: new.topic)"))
    }

    @Test(arguments: ["--partitions=0", "--partitions=x", "--replication-factor=0"])
    func aNumberOutOfRangeIsAWrongCall(_ option: String) throws {
        let outcome = try bench.optimizer(["topics", "create", option])
        #expect(outcome.code == 64)
        #expect(outcome.words.contains("must be a whole number from 1 to"))
    }
}
