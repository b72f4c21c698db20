import Configuration
import Glibc
import Kafka
import Messages
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

/// Nodes that deliver exactly once. The mock takes every call about a transaction and does nothing of it, so that most of
/// this is seen on a real Kafka only; what follows on each answer is seen in the simulation of whole nodes.
@Suite(.machine(.nodes(2))) struct ExactlyOnceTests {
    private static let real: ConditionTrait = .enabled(
        if: TestKafka.realBootstrap != nil, "the mock keeps no offsets of transactions, and fences nobody")
    private static let settings = [
        "delivery=exactly_once", "pool.maxConcurrentStrategies=5", "limits.memoryMB=64",
        // Under the lowest that a broker lets be, those that are gone are missed soon.
        "commit.transactionMs=50",
    ]

    @Test(.enabled(if: TestKafka.realBootstrap == nil)) func aBrokerThatCannotIsRefusedInWords() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings + ["node.id=one"])
            let failure = #expect(throws: NodeFailure.self) { try node.result() }
            #expect(failure?.code == ExitCode.configuration)
            let words = failure?.description ?? ""
            #expect(words.contains("Apache Kafka does not from 2.5 on"), "\(words)")
        }
    }

    @Test func aNameThatARestartDoesNotKeepIsRefused() throws {
        let configuration = try OptimizerConfiguration.load(
            file: nil, environment: [:], settings: ["delivery=exactly_once"])
        let failure = #expect(throws: NodeFailure.self) { try NodeSettings(configuration) }
        #expect(failure?.description.contains("set node.id or kafka.groupInstanceId") == true)
        let uncommitted = try OptimizerConfiguration.load(
            file: nil, environment: [:],
            settings: [
                "delivery=exactly_once", "node.id=one", "kafka.consumer.isolation.level=read_uncommitted",
            ])
        let other = #expect(throws: NodeFailure.self) { try NodeSettings(uncommitted) }
        #expect(other?.description.contains("isolation.level") == true)
    }

    @Test(real) func resultsDeadLettersAndOffsetsAreThereTogether() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            try kafka.submit((0..<200).map { request("r\($0)") } + ["hello", "you"])
            let node = try TestNode(kafka, Self.settings + ["node.id=one"])
            #expect(try kafka.results(202).count == 202)
            try eventually("all is done") { node.node.inFlightCount == 0 }
            #expect(try node.stop() == 0)
            #expect(try kafka.contents(kafka.topics.results).count == 202)
            #expect(try kafka.contents(kafka.topics.deadLetters).count == 2)
            let ends = try kafka.contents(kafka.topics.requests).reduce(into: [Int32: Int64]()) {
                $0[$1.partition] = max($0[$1.partition] ?? 0, $1.offset + 1)
            }
            try eventually("all is committed") { try committed(kafka, partitions: [0, 1, 2]) == ends }
        }
    }

    @Test(real) func aNodeThatIsKilledOverAndOverLeavesOneResultOfEach() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            let count = 2000
            try kafka.submit((0..<count).map { request("r\($0)", "sleep", #"{"ms":5}"#) })
            for kill in 1...3 {
                let node = try NodeProcess(kafka, Self.settings + ["node.id=one"])
                try eventually("it has done its part") {
                    try committed(kafka, partitions: [0, 1, 2]).values.reduce(0, +) > kill * 300
                }
                node.signal(SIGKILL)
                #expect(node.wait() == -SIGKILL)
            }
            let last = try NodeProcess(kafka, Self.settings + ["node.id=two"])
            let results = try kafka.results(count)
            last.signal(SIGTERM)
            #expect(last.wait() == 0)
            #expect(try kafka.contents(kafka.topics.results).count == count)
            #expect(Set(results.map(\.node)) == ["one", "two"])
        }
    }

    @Test(real) func aNodeThatStoodStillForLongPublishesNothingOfWhatOthersHave() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let count = 1500
            try kafka.submit((0..<count).map { request("r\($0)", "sleep", #"{"ms":5}"#) })
            let first = try NodeProcess(kafka, Self.settings + ["node.id=first"])
            try eventually("it has begun") { try !committed(kafka, partitions: [0, 1]).isEmpty }
            first.signal(SIGSTOP)
            let second = try NodeProcess(kafka, Self.settings + ["node.id=second"])
            _ = try kafka.results(count)
            first.signal(SIGCONT)
            try kafka.submit((0..<100).map { request("s\($0)") })
            _ = try kafka.results(count + 100)
            for node in [first, second] {
                node.signal(SIGTERM)
                #expect(node.wait() == 0)
            }
            #expect(try kafka.contents(kafka.topics.results).count == count + 100)
        }
    }

    @Test(real) func whoseNameAnotherTakesEndsForItsSupervisor() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let first = try TestNode(kafka, Self.settings + ["node.id=one"])
            try kafka.submit([request("before")])
            _ = try kafka.results(1)
            let second = try TestNode(kafka, Self.settings + ["node.id=one"])
            try eventually("both have a partition") { second.node.partitions.count == 1 }
            try kafka.submit((0..<20).map { request("r\($0)") })
            #expect(try first.result() == ExitCode.software)
            _ = try kafka.results(21)
            #expect(try second.stop() == 0)
            #expect(first.log.all.contains { $0.contains("another node has the same node.id") })
            #expect(try kafka.contents(kafka.topics.results).count == 21)
        }
    }

    @Test(real) func aPartitionThatMovesTakesNoResultWithIt() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 4)
            defer { kafka.close() }
            let count = 1200
            try kafka.submit((0..<count).map { request("r\($0)", "sleep", #"{"ms":10}"#) })
            let first = try TestNode(kafka, Self.settings + ["node.id=first"])
            try eventually("it has begun") { try !committed(kafka, partitions: [0, 1, 2, 3]).isEmpty }
            let second = try TestNode(kafka, Self.settings + ["node.id=second"])
            try eventually("both have partitions") { second.node.partitions.count == 2 }
            #expect(try first.stop() == 0)
            _ = try kafka.results(count)
            try eventually("all is done") { second.node.inFlightCount == 0 }
            #expect(try second.stop() == 0)
            #expect(try kafka.contents(kafka.topics.results).count == count)
        }
    }

    @Test(real) func aResultThatItsTopicDoesNotTakeHoldsNoOtherUp() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1, topicSettings: [.init("max.message.bytes", "100000")])
            defer { kafka.close() }
            let large = requestWithLargeResult("large")
            try kafka.submit((0..<50).map { request("r\($0)") } + [large] + (50..<100).map { request("r\($0)") })
            let node = try TestNode(kafka, Self.settings + ["node.id=one"])
            let results = try kafka.results(101)
            try eventually("all is done") { node.node.inFlightCount == 0 }
            #expect(try node.stop() == 0)
            #expect(try kafka.contents(kafka.topics.results).count == 101)
            let result = try #require(results.first { $0.requestID == "large" })
            #expect(result.json["left_out"] == .array([.string("trades"), .string("equity_curve")]))
        }
    }

    private func committed(_ kafka: TestKafka, partitions: [Int32]) throws -> [Int32: Int64] {
        let observer = try AdminClient(
            .groupObserver(bootstrap: kafka.bootstrap, groupID: kafka.group, embedded: kafka.broker != nil))
        defer { observer.close() }
        do throws(KafkaFailure) {
            let offsets = try observer.committed(
                topic: kafka.topics.requests, partitions: partitions, timeoutMs: Int32(clamping: Patience.milliseconds))
            return try known(offsets)
        } catch {
            // A coordinator that is not there yet, or a transaction that is not over: the next look tells.
            guard error.isTemporary else { throw error }
            return [:]
        }
    }

    private func known(_ offsets: [CommittedOffset]) throws(KafkaFailure) -> [Int32: Int64] {
        if let failure = offsets.compactMap(\.failure).first { throw failure }
        return offsets.reduce(into: [:]) { if let offset = $1.nextOffset { $0[$1.partition] = offset } }
    }
}
