import Testing

@testable import Configuration

struct KafkaPropertyTests {
    @Test(arguments: [
        "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "acks", "request.required.acks",
        "enable.idempotence", "group.id", "group.instance.id", "transactional.id", "plugin.library.paths",
        "message.timeout.ms", "delivery.timeout.ms", "partition.assignment.strategy", "partitioner", "retries",
        "allow.auto.create.topics", "bootstrap.servers", "metadata.broker.list", "rebalance_cb", "log_level",
    ])
    func whatWouldBreakAPromiseIsRefusedEverywhereWithTheReason(name: String) throws {
        let reason = try #require(RefusedProperties.reason(for: name))
        for map in ["client", "consumer", "producer"] {
            let expected = "kafka.\(map).\(name) cannot be set: \(reason)"
            #expect(problems("kafka:\n  \(map):\n    \(name): x\n") == ["test.yml:3:\(name.count + 7): \(expected)"])
            #expect(problems(settings: ["kafka.\(map).\(name)=x"]) == ["--set kafka.\(map).\(name): \(expected)"])
        }
    }

    @Test(arguments: ["security.protocol", "ssl.ca.location", "sasl.username", "linger.ms", "debug", "client.id"])
    func whatBreaksNothingPasses(name: String) throws {
        #expect(try configuration("kafka: { client: { \(name): x } }").kafka.client[name]?.exposed == "x")
    }

    @Test func aPropertyGivenInPartsIsRefusedWithTheWayToWriteIt() {
        let found = problems("kafka:\n  consumer:\n    session: { timeout: { ms: 6000 } }\n")
        #expect(found.count == 1 && found[0].hasPrefix("test.yml:3:5: kafka.consumer.session is a map; "))
    }

    @Test(arguments: ["kafka: { client: { a b: 1 } }", "kafka: { client: { linger.ms: null } }"])
    func aPropertyWithoutANameOrAValueIsRefused(yaml: String) {
        #expect(problems(yaml).count == 1)
    }

    @Test func numbersAndTruthValuesKeepTheirSpelling() throws {
        let client = try configuration("kafka: { client: { a: 010, b: yes, c: 1e3, d: '' } }").kafka.client
        #expect(client.names.map { client[$0]?.exposed } == ["010", "yes", "1e3", ""])
    }
}
