import Kafka
import Messages
import TestSupport
import Testing

@Suite(.machine) struct CancelCommandTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test func whatIsNotWantedIsSaidOnTheControlTopic() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let topic = bench.names.control
        let outcome = try bench.optimizer(["cancel", "a", "b:c", "--sweep", "s"])
        #expect(outcome.code == 0)
        #expect(outcome.words == "3 of 3 said to the nodes of \(topic)\n")
        let orders = try bench.records(topic).map { try CancelOrder.parse($0.value ?? []) }
        #expect(Set(orders.map(\.target)) == [.sweep("s"), .request("a"), .request("b:c")])
        #expect(Set(orders.map(\.time)).count == 1)
    }

    @Test func nothingToCancelIsAWrongCallAndAMissingTopicIsNamed() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        #expect(try bench.optimizer(["cancel"]).code == 64)
        let missing = try bench.optimizer(["cancel", "r", "--topic", "\(bench.names.requests).nowhere"])
        #expect(missing.code == 78)
        #expect(missing.words.contains("optimizer topics create"))
        let off = try bench.optimizer(["cancel", "r", "--set", "kafka.topics.control=null"])
        #expect(off.code == 78 && off.words.contains("kafka.topics.control is null"))
    }
}
