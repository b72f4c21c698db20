import Messages
import TestSupport
import Testing

@testable import Worker

@Suite(
    .enabled(if: TestKafka.realBootstrap != nil, "the embedded broker does not know static members"),
    .disabled(if: TestKafka.brokerAssigns, "the broker says how long a session is"))
struct StaticMemberTests {
    private static let settings = [
        "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "kafka.consumer.session.timeout.ms=60000",
    ]

    private static func node(_ kafka: TestKafka, _ id: String, instance: String) throws -> TestNode {
        try TestNode(kafka, settings + ["node.id=\(id)", "kafka.groupInstanceId=\(instance)"])
    }

    @Test func whoseNameAnotherTakesEndsForItsSupervisorAndTheOtherDoesTheWork() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let first = try Self.node(kafka, "first", instance: "one")
            try eventually("the first has the partitions") { first.node.partitions.count == 2 }
            let second = try Self.node(kafka, "second", instance: "one")
            #expect(try first.result() == ExitCode.software)
            try eventually("the second has the partitions") { second.node.partitions.count == 2 }
            try kafka.submit([request("after")])
            #expect(try kafka.results(1).map(\.node) == ["second"])
            #expect(try second.stop() == 0)
            let fenced = first.log.all.filter { $0.contains("FENCED_INSTANCE_ID") }
            #expect(fenced.contains { $0.contains("give every node its own") }, "\(fenced)")
        }
    }

    @Test func whoComesBackInTimeHasItsPartitionsAndNobodyElseIsRebalanced() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 4)
            defer { kafka.close() }
            let first = try Self.node(kafka, "first", instance: "one")
            let other = try Self.node(kafka, "other", instance: "two")
            func rebalances() throws -> [JSONValue] {
                try kafka.events(.rebalanced).filter { $0["node"]?.string == "other" }
            }
            var before: [JSONValue] = []
            try eventually("both have partitions, and the other has said so") {
                before = try rebalances()
                return first.node.partitions.count == 2 && other.node.partitions.count == 2
                    && before.last?["assigned"]?.elements?.count == 2
            }
            let partitions = first.node.partitions
            #expect(try first.stop() == 0)
            let again = try Self.node(kafka, "again", instance: "one")
            try eventually("it has what it had") { again.node.partitions == partitions }
            try kafka.submit((0..<20).map { request("\($0)") })
            #expect(try Set(kafka.results(20).map(\.node)) == ["again", "other"])
            #expect(try rebalances() == before)
            #expect(try again.stop() == 0)
            #expect(try other.stop() == 0)
        }
    }
}
