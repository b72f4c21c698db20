import Configuration
import Kafka
import Messages
import Metrics
import Scheduling
import TestSupport
import Testing

@testable import Worker

@Suite(.serialized) struct ExternalStartTests {
    @Test func requestsOfACommandThatDoesNotStartWaitUntilItDoes() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            try kafka.submit((0..<30).map { request("late-\($0)", "late") } + (0..<10).map { request("on-\($0)") })
            let node = try TestNode(kafka, file: file.path)
            let first = try kafka.results(10)
            #expect(first.allSatisfy { $0.requestID.hasPrefix("on-") && $0.status == "completed" })
            try eventually("the others wait, and it has been tried again") {
                node.node.waitingFor(.start) >= 29
                    && node.node.value(.strategyStartFailures, strategy: "late") >= 2
            }
            let lines = node.log.all.compactMap { try? JSONValue.parse(Array($0.utf8)) }
                .filter { $0["message"]?.string?.hasPrefix("no host of a strategy") == true }
            // By one of them at a time, not by each slot.
            #expect(lines.compactMap { $0["failures"]?.integer } == Array(1...lines.count))
            #expect(lines.allSatisfy { $0["cause"]?.string?.contains("exited with code 7") == true })
            try file.letStart()
            let results = try kafka.results(40)
            #expect(results.allSatisfy { $0.status == "completed" }, "\(results.map(\.message))")
            try eventually("the gauge says so") { node.node.value(.strategyStartFailures, strategy: "late") == 0 }
            #expect(try node.stop() == 0)
        }
    }

    @Test func aRequestThatWaitsForAHostUntilItIsNoLongerWantedIsADeadLetter() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("waits", "absent", #"{"size":1}"#)])
            let node = try TestNode(kafka, file: file.path)
            try eventually("a start has failed") { node.node.value(.strategyStartFailures, strategy: "absent") > 0 }
            let soon = Timestamp(milliseconds: Timestamp.now().milliseconds + 2000).rfc3339
            try kafka.submit([request("expires", "absent", #"{"size":1}"#, more: #","expires_at":"\#(soon)""#)])
            let result = try #require(try kafka.results(1).first)
            #expect(result.requestID == "expires" && result.status == "expired" && result.code == "expired")
            #expect(result.message.contains("/no/such/program: No such file or directory"))
            #expect(result.json["error"]?["retryable"] == .bool(true))
            try eventually("its original is a dead letter") { try kafka.contents(kafka.topics.deadLetters).count == 1 }
            #expect(try node.stop() == 0)
        }
    }

    @Test func requestsThatWaitForAHostAreRefusedOnceTheirStrategyIsSwitchedOff() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit((0..<5).map { request("r\($0)", "absent", #"{"size":1}"#) })
            let node = try TestNode(kafka, file: file.path)
            try eventually("they wait") { node.node.waitingFor(.start) >= 4 }
            let configuration = try OptimizerConfiguration.load(
                file: file.path, environment: [:], settings: kafka.settings(["disabledStrategies=[absent]"]))
            node.node.reload(configuration)
            let results = try kafka.results(5)
            #expect(results.allSatisfy { $0.status == "rejected" && $0.code == "strategy_disabled" })
            #expect(try node.stop() == 0)
        }
    }

    @Test func aNodeThatEndsWhileTheyWaitLeavesThemUndone() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit((0..<5).map { request("r\($0)", "late") })
            let node = try TestNode(kafka, file: file.path)
            try eventually("they wait") {
                node.node.waitingFor(.start) >= 4
            } explaining: {
                "in flight: \(node.node.inFlightCount), running: \(node.node.runningCount), log: \(node.log.all.suffix(30))"
            }
            #expect(try node.stop() == 0)
            try file.letStart()
            let next = try TestNode(kafka, file: file.path)
            #expect(try kafka.results(5).allSatisfy { $0.status == "completed" })
            #expect(try next.stop() == 0)
        }
    }
}
