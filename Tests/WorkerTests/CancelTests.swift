import Kafka
import Messages
import Scheduling
import TestSupport
import Testing

@testable import Worker

/// Requests that are cancelled, on real nodes.
@Suite(.machine(.nodes(1))) struct CancelTests {
    private func kafka() throws -> TestKafka {
        try TestKafka(partitions: 1, create: ["requests", "results", "metrics", "dead-letters", "control"])
    }

    private func node(_ kafka: TestKafka, _ more: [String] = [], file: String? = nil) throws -> TestNode {
        let own = ["kafka.topics.control=\(kafka.topics.control ?? "")", "pool.maxConcurrentStrategies=1"]
        return try TestNode(kafka, own + more, file: file)
    }

    private func cancel(_ ids: String..., on kafka: TestKafka) throws {
        let orders = ids.map { CancelOrder(.request($0), time: .now()).encoded() }
        try kafka.submit(orders, to: kafka.topics.control)
    }

    private let long = request("running", "sleep", #"{"ms":60000}"#)

    @Test func whatRunsIsEndedWhatIsQueuedIsNotRunAndOthersGoOn() async throws {
        try await onOwnThread {
            let kafka = try kafka()
            defer { kafka.close() }
            let node = try node(kafka, ["retry.crashed=3", "circuitBreaker.enabled=true", "circuitBreaker.crashes=1"])
            try kafka.submit([long, request("queued"), request("other")])
            try eventually("one runs, two are queued") {
                node.node.runningCount == 1 && node.node.inFlightCount == 3
            }
            try cancel("queued", "running", on: kafka)
            let results = try kafka.results(3)
            #expect(try node.stop() == 0)
            let statuses = Dictionary(uniqueKeysWithValues: results.map { ($0.requestID, $0.status) })
            #expect(statuses == ["running": "cancelled", "queued": "cancelled", "other": "completed"])
            #expect(results.first { $0.requestID == "running" }?.code == "cancelled")
            #expect(results.allSatisfy { $0.json["attempt"]?.integer == 1 })
            #expect(try kafka.contents(kafka.topics.deadLetters).isEmpty)
            try node.expectNobodyBlamed()
        }
    }

    @Test func whatNoNodeHasTakenIsNotRunAndWhatIsSubmittedLaterIs() async throws {
        try await onOwnThread {
            let kafka = try kafka()
            defer { kafka.close() }
            let node = try node(kafka, ["backpressure.queueDepth=1", "backpressure.resumeDepth=0"])
            try kafka.submit([long] + (0..<20).map { request("r\($0)") })
            try eventually("it holds") { node.node.runningCount == 1 && node.node.inFlightCount == 2 }
            try cancel("r15", "running", on: kafka)
            let results = try kafka.results(21)
            let cancelled = Set(results.filter { $0.status == "cancelled" }.map(\.requestID))
            #expect(cancelled == ["running", "r15"])
            try kafka.submit([request("r15")])
            try eventually("the later one is run") {
                try kafka.contents(kafka.topics.results).compactMap(TestResult.init).contains {
                    $0.requestID == "r15" && $0.status == "completed"
                }
            }
            #expect(try node.stop() == 0)
        }
    }

    @Test func aStepWhoseHostIsBeingStartedIsOverAndTheNodeGoesOn() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try kafka()
            defer { kafka.close() }
            let node = try node(kafka, file: file.path)
            try kafka.submit([request("r", "sleepy")])
            // Before its host is there, or after: no host that is started says that it is ready.
            try eventually("a slot has it") { node.node.runningCount == 1 }
            try cancel("r", on: kafka)
            #expect(try kafka.results(1).map(\.status) == ["cancelled"])
            try kafka.submit([request("next")])
            #expect(try kafka.results(2).last?.status == "completed")
            #expect(try node.stop() == 0)
        }
    }

    @Test func whatHasFailedAndWaitsForItsNextRunIsOver() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try kafka()
            defer { kafka.close() }
            let node = try node(
                kafka, ["retry.firstDelayMs=60000", "retry.maxDelayMs=60000"], file: file.path)
            try kafka.submit([request("r", "unruly", #"{"do":"flaky"}"#)])
            try eventually("it has failed") { node.node.state.snapshot.delayedCount == 1 }
            try cancel("r", on: kafka)
            let result = try #require(try kafka.results(1).first)
            #expect(try node.stop() == 0)
            #expect(result.status == "cancelled" && result.json["history"]?.elements?.count == 1)
        }
    }

    @Test func aNodeWithoutTheTopicSaysSoAndWorksAndABadMessageIsPassedOver() async throws {
        try await onOwnThread {
            let kafka = try kafka()
            defer { kafka.close() }
            let control = try #require(kafka.topics.control)
            try kafka.submit([Array("{".utf8), nil], to: control)
            let node = try node(kafka)
            try eventually("both are named") {
                node.log.all.count { $0.contains("says nothing that this node knows") } == 2
            }
            #expect(try node.stop() == 0)
            guard TestKafka.realBootstrap != nil else { return }
            // The mock makes a topic that is asked for.
            let without = try TestNode(kafka, ["kafka.topics.control=\(control).not-there"])
            try eventually("it says so") {
                without.log.all.contains { $0.contains("optimizer cancel says does not reach this node") }
            }
            try kafka.submit([request("r")])
            #expect(try kafka.results(1).first?.status == "completed")
            #expect(try without.stop() == 0)
        }
    }
}
