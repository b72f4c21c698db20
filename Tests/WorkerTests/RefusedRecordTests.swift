import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

/// What brokers refuse costs what they refuse it for, and nothing else. Their answers are replaced, which needs the
/// embedded broker; on a real one `RefusingTopicTests` has a topic that refuses by itself.
@Suite(.machine, .enabled(if: TestKafka.realBootstrap == nil, "it replaces a broker's answers"))
struct RefusedRecordTests {
    private static let invalidRecord: Int32 = 87
    private static let tooLarge: Int32 = 10

    /// Runs requests whose results' first so many produce requests are refused, and then another.
    private func run(
        steps: Int, refusals: [Int32], _ check: (_ results: [TestResult], TestKafka, TestNode) throws -> Void
    ) throws {
        let kafka = try TestKafka(partitions: 1)
        defer { kafka.close() }
        // Nothing but results is produced while the refusals wait for them.
        let node = try TestNode(kafka, ["metrics.intervalMs=3600000", "limits.memoryMB=64"])
        try kafka.submit((0..<steps).map { request("r\($0)", "sleep", #"{"ms":3000}"#) })
        try eventually("the steps run") { node.node.runningCount == steps }
        kafka.broker?.fail(.produce, with: refusals)
        try eventually("what can be published is") { node.node.inFlightCount == 0 }
        kafka.broker?.clearFailures(.produce)
        try kafka.submit([request("after")])
        var results: [TestResult] = []
        try eventually("the next one has its result") {
            results = try kafka.contents(kafka.topics.results).compactMap(TestResult.init)
            return results.contains { $0.requestID == "after" }
        }
        #expect(try node.stop() == 0)
        try check(results, kafka, node)
    }

    @Test(arguments: [87, 2, 10] as [Int32])
    func aBatchIsSentAgainOneByOneAndTheInnocentArePublishedAsTheyAre(code: Int32) async throws {
        try await onOwnThread {
            try run(steps: 5, refusals: [code]) { results, kafka, node in
                #expect(Set(results.map(\.requestID)) == ["r0", "r1", "r2", "r3", "r4", "after"])
                #expect(results.allSatisfy { $0.status == "completed" })
                let letters = try kafka.contents(kafka.topics.deadLetters)
                #expect(letters.isEmpty)
                let isSmaller = node.log.all.contains { $0.contains("they are smaller from now on") }
                #expect(isSmaller == (code == Self.tooLarge))
            }
        }
    }

    @Test func aResultThatIsRefusedByItselfIsReplacedByASmallOne() async throws {
        try await onOwnThread {
            try run(steps: 1, refusals: [Self.invalidRecord, Self.invalidRecord]) { results, kafka, _ in
                let refused = try #require(results.first { $0.requestID == "r0" })
                #expect(refused.status == "failed" && refused.code == "result_refused")
                #expect(refused.message.contains("INVALID_RECORD"))
                let letters = try kafka.contents(kafka.topics.deadLetters)
                #expect(letters.isEmpty)
            }
        }
    }

    @Test func aResultThatIsTooLargeByItselfIsReplacedByASmallOne() async throws {
        try await onOwnThread {
            try run(steps: 1, refusals: [Self.tooLarge, Self.tooLarge]) { results, _, _ in
                let refused = try #require(results.first { $0.requestID == "r0" })
                #expect(refused.status == "failed" && refused.code == "result_too_large")
            }
        }
    }

    @Test func aResultThatIsRefusedInBothFormsBecomesADeadLetter() async throws {
        try await onOwnThread {
            try run(steps: 1, refusals: Array(repeating: Self.invalidRecord, count: 3)) { results, kafka, _ in
                #expect(results.map(\.requestID) == ["after"])
                let letter = try #require(kafka.contents(kafka.topics.deadLetters).first)
                #expect(letter.header("optimizer_error_code") == Array("result_refused".utf8))
                #expect(letter.key == Array("\(kafka.topics.requests)-0-0".utf8))
            }
        }
    }

    @Test func whatIsRefusedInEveryFormCostsItselfAndIsTold() async throws {
        try await onOwnThread {
            try run(steps: 1, refusals: Array(repeating: Self.invalidRecord, count: 4)) { results, kafka, node in
                #expect(results.map(\.requestID) == ["after"])
                let letters = try kafka.contents(kafka.topics.deadLetters)
                #expect(letters.isEmpty)
                let event = try #require(kafka.events(.undeliverable).first)
                #expect(event["request_id"]?.string == "r0" && event["offset"]?.integer == 0)
                #expect(node.log.all.contains { $0.contains("refused in every form") })
            }
        }
    }
}

@Suite(.machine, .enabled(if: TestKafka.realBootstrap != nil, "the embedded broker takes whatever it is sent"))
struct RefusingTopicTests {
    @Test func aResultThatItsTopicDoesNotTakeComesWithoutItsSeries() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1, topicSettings: [.init("max.message.bytes", "100000")])
            defer { kafka.close() }
            try kafka.submit([requestWithLargeResult("r")])
            let node = try TestNode(kafka, ["limits.memoryMB=64"])
            let result = try #require(try kafka.results(1).first)
            #expect(try node.stop() == 0)
            #expect(result.status == "completed" && result.json["statistics"]?["trade_count"]?.integer ?? 0 > 300)
            #expect(result.json["trades"] == .null && result.json["equity_curve"] == .null)
            #expect(result.json["left_out"] == .array([.string("trades"), .string("equity_curve")]))
        }
    }

    @Test func aCompactedDeadLetterTopicTakesALineWithoutKey() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1, deadLetterSettings: [.init("cleanup.policy", "compact")])
            defer { kafka.close() }
            try kafka.submit((0..<50).map { request("r\($0)") } + ["hello"] + (50..<100).map { request("r\($0)") })
            let node = try TestNode(kafka, ["limits.memoryMB=64"])
            _ = try kafka.results(101)
            try eventually("all is done") { node.node.inFlightCount == 0 }
            #expect(try node.stop() == 0)
            let letters = try kafka.contents(kafka.topics.deadLetters)
            #expect(letters.map(\.key) == [Array("\(kafka.topics.requests)-0-50".utf8)])
            #expect(letters.first?.value == Array("hello".utf8))
            let results = try kafka.contents(kafka.topics.results)
            #expect(results.count == 101)
        }
    }
}
