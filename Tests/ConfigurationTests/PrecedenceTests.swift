import Testing

@testable import Configuration

struct PrecedenceTests {
    private let yaml = "kafka:\n  groupId: file\n  consumer: { session.timeout.ms: 1, client.rack: file }\n"
    private let environment = [
        "OPTIMIZER_KAFKA_GROUP_ID": "environment", "OPTIMIZER_KAFKA_CONSUMER_SESSION_TIMEOUT_MS": "2",
    ]

    @Test func theFileGoesBeforeTheDefaults() throws {
        #expect(try configuration(yaml).kafka.groupId == "file")
    }

    @Test func theEnvironmentGoesBeforeTheFile() throws {
        let kafka = try configuration(yaml, environment: environment).kafka
        #expect(kafka.groupId == "environment")
        #expect(kafka.consumer["session.timeout.ms"]?.exposed == "2")
        #expect(kafka.consumer["client.rack"]?.exposed == "file")
    }

    @Test func settingsGoBeforeTheEnvironmentAndTheLaterOneHolds() throws {
        let settings = ["kafka.groupId=first", "kafka.groupId=set", "kafka.consumer.session.timeout.ms=6000"]
        let kafka = try configuration(yaml, environment: environment, settings: settings).kafka
        #expect(kafka.groupId == "set")
        #expect(kafka.consumer.names == ["client.rack", "session.timeout.ms"])
        #expect(kafka.consumer["session.timeout.ms"]?.exposed == "6000")
    }

    @Test func aValueMayHoldEqualsSigns() throws {
        #expect(try configuration(settings: ["data.root=a=b"]).data.root == "a=b")
    }

    @Test(arguments: ["null", "~", ""])
    func nullTakesAnOptionalValueBack(text: String) throws {
        let yaml = "metrics: { http: '0.0.0.0:80' }\nnode: { id: a }\n"
        let read = try configuration(yaml, environment: ["OPTIMIZER_METRICS_HTTP": text], settings: ["node.id=\(text)"])
        #expect(read.metrics.http == nil && read.node.id == nil)
    }

    @Test(arguments: [("a, b", ["a", "b"]), ("[a,b]", ["a", "b"]), ("", []), ("[]", []), ("a", ["a"])])
    func aListIsWrittenWithCommas(text: String, names: [String]) throws {
        #expect(try configuration(settings: ["disabledStrategies=\(text)"]).disabledStrategies == names)
        #expect(try configuration(environment: ["OPTIMIZER_DISABLED_STRATEGIES": text]).disabledStrategies == names)
    }

    @Test func aKeyThatHoldsOnlyCommentsSaysNothing() throws {
        #expect(try configuration("kafka:\n  client:\n    # sasl.mechanism: PLAIN\npool:\n") == .defaults)
        #expect(try configuration("# nothing\n") == .defaults)
        #expect(try configuration("") == .defaults)
    }

    @Test func aLaterProblemIsPlacedWhereTheValueWasGiven() throws {
        let read = try configuration(yaml, settings: ["data.root=/nowhere"])
        #expect(
            read.problem(at: "kafka.consumer.client.rack", "no").description
                == "test.yml:3:51: kafka.consumer.client.rack: no")
        #expect(
            read.problem(at: "data.root", "no such directory").description
                == "--set data.root: data.root: no such directory")
        #expect(read.problem(at: "node.id", "taken").description == "node.id: taken")
    }
}
