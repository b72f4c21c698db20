import Glibc
import Kafka
import Messages
import System
import TestSupport
import Testing

@testable import Worker

@Suite struct DeliveryTests {
    @Test func runsWhatWasSubmittedBeforeTheFirstNodeStarted() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            try kafka.submit((0..<500).map { request("r\($0)", more: #","labels":{"n":"\#($0)"}"#) })
            let node = try TestNode(kafka)
            let results = try kafka.results(500)
            #expect(try node.stop() == 0)
            #expect(results.count == 500)
            #expect(results.allSatisfy { $0.status == "completed" })
            #expect(results.allSatisfy { $0.json["labels"]?["n"]?.string == String($0.requestID.dropFirst()) })
            // What is done is committed: a second node finds nothing to do.
            let second = try TestNode(kafka)
            try eventually("the second node has the partitions") { second.node.partitions.count == 4 }
            try kafka.submit([request("last")])
            _ = try kafka.results(501)
            #expect(try second.stop() == 0)
            #expect(try kafka.contents(kafka.topics.results).count == 501)
        }
    }

    @Test func echoesKeyAndTracingAndNamesTheResultByWhereTheRequestStands() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            try kafka.submit(
                [Array(request("traced").utf8)], keys: [Array("account-7".utf8)],
                headers: [KafkaHeader("traceparent", "00-ab-cd-01"), KafkaHeader("private", "no")])
            let node = try TestNode(kafka)
            let result = try #require(try kafka.results(1).first)
            #expect(try node.stop() == 0)
            let origin = try #require(result.json["request"])
            let (partition, offset) = (origin["partition"]?.integer ?? -1, origin["offset"]?.integer ?? -1)
            #expect(result.record.key == Array("account-7".utf8))
            #expect(result.record.header("traceparent") == Array("00-ab-cd-01".utf8))
            #expect(result.record.header("private") == nil)
            let id = result.record.header("ce_id").map { String(decoding: $0, as: UTF8.self) }
            #expect(id?.hasSuffix("/\(kafka.topics.requests)/\(partition)/\(offset)") == true)
            #expect(kafka.broker == nil || id?.hasPrefix("mockCluster") == true)
            #expect(result.record.header("ce_specversion") == Array("1.0".utf8))
            #expect(origin["topic"]?.string == kafka.topics.requests)
        }
    }

    @Test func namesMissingTopicsAndTheCommandThatMakesThem() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(create: ["requests", "results"])
            defer { kafka.close() }
            #expect {
                _ = try TestNode(kafka, ["kafka.startTimeoutMs=0"]).result()
            } throws: { error in
                guard let failure = error as? NodeFailure else { return false }
                return failure.code == ExitCode.configuration
                    && failure.description.contains("\(kafka.topics.metrics), \(kafka.topics.deadLetters)")
                    && failure.description.hasSuffix(
                        "optimizer topics create --brokers \(kafka.bootstrap) --topic \(kafka.topics.metrics) --topic "
                            + kafka.topics.deadLetters)
            }
        }
    }

    @Test func aRequestThatIsNoLongerWantedExpires() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            try kafka.submit([request("late", more: #","expires_at":"2020-01-01T00:00:00Z""#)])
            let node = try TestNode(kafka)
            let result = try #require(try kafka.results(1).first)
            #expect(try node.stop() == 0)
            #expect(result.status == "expired")
            #expect(result.code == "expired")
        }
    }

    @Test func theDrainFinishesWhatRunsAndGivesTheRestBack() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-drain")
            defer { directory.remove() }
            let end = directory.path + "/end"
            try kafka.submit((0..<60).map { scripted("r\($0)", $0 < 5 ? "" : "await \(end)") })
            let settings = ["pool.maxConcurrentStrategies=5", "limits.memoryMB=64"]
            let node = try TestNode(kafka, settings, mode: "locker")
            try eventually("the first are done and others run") {
                node.node.finishedCount == 5 && node.node.runningCount == 5
            }
            node.node.requestStop()
            try eventually("it drains") { node.log.all.contains { $0.contains("\"draining\"") } }
            close(open(end, O_CREAT | O_WRONLY, 0o600))
            #expect(try node.stop() == 0)
            let before = try kafka.results(10)
            #expect(before.count < 60)
            #expect(before.allSatisfy { $0.status == "completed" })
            let second = try TestNode(kafka, settings, mode: "locker")
            let all = try kafka.results(60)
            #expect(try second.stop() == 0)
            // No rebalance under load: what was done was committed, and nothing runs twice.
            #expect(all.count == 60)
        }
    }

    /// It takes nothing any more, which is when the shared state hears it otherwise.
    @Test func whatIsInFlightIsKnownWhileANodeDrains() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-drain")
            defer { directory.remove() }
            let ends = (0..<2).map { directory.path + "/end\($0)" }
            try kafka.submit((0..<10).map { scripted("r\($0)", "await \(ends[$0 % 2])") })
            let settings = ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64"]
            let node = try TestNode(kafka, settings, mode: "locker")
            try eventually("all are taken and two run") {
                node.node.inFlightCount == 10 && node.node.runningCount == 2
            }
            node.node.requestStop()
            try eventually("the others are given back") { node.node.inFlightCount == 2 }
            for (index, end) in ends.enumerated() {
                close(open(end, O_CREAT | O_WRONLY, 0o600))
                try eventually("one less is in flight") { node.node.inFlightCount == 1 - index }
            }
            #expect(try node.stop() == 0)
            #expect(try kafka.results(2).map(\.requestID).sorted() == ["r0", "r1"])
        }
    }

    @Test func aDrainThatTakesTooLongGivesUpWhatRunsWithoutAResult() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("slow", "sleep", #"{"ms":500000}"#)])
            let node = try TestNode(kafka, ["shutdown.drainMs=200", "limits.timeoutMs=600000"])
            try eventually("the step runs") { node.node.runningCount == 1 }
            #expect(try node.stop() == 0)
            // The request is nobody's fault and stays not done: the next node has it.
            let second = try TestNode(kafka, ["shutdown.drainMs=0", "limits.timeoutMs=600000"])
            try eventually("the step runs again") { second.node.runningCount == 1 }
            #expect(try second.stop() == 0)
            try kafka.submit([request("marker")])
            let third = try TestNode(kafka, ["shutdown.drainMs=0", "limits.timeoutMs=600000"])
            let results = try kafka.results(1)
            #expect(try third.stop() == 0)
            #expect(results.map(\.requestID) == ["marker"])
        }
    }
}
