import Kafka
import Messages
import Metrics
import Scheduling
import TestSupport
import Testing

@testable import Worker

@Suite(.machine) struct PolicyTests {
    private static let settings = ["pool.maxConcurrentStrategies=5", "limits.memoryMB=64"]

    private static func policies(_ node: TestNode) throws -> JSONValue {
        try #require(try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))["policies"])
    }

    @Test func noMoreStepsRunThanTheProcessorsOfTheNodeAreGivenFor() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings + ["limits.maxNodeCpuPercent=170"])
            try kafka.submit((0..<30).map { request("\($0)", "sleep", #"{"ms":100}"#) })
            var most = 0
            try eventually("two run, and all end") {
                most = max(most, node.node.runningCount)
                return most > 0 && node.node.finishedCount == 30
            }
            #expect(most == 2)
            #expect(try kafka.results(30).allSatisfy { $0.status == "completed" })
            #expect(try node.stop() == 0)
        }
    }

    @Test func whatCanNeverFitIsRejectedAtOnceAndWhatFitsIsRun() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings, tune: { $0.resources = ResourceBudget(memoryMB: 60) })
            try kafka.submit([request("large"), request("small", more: #","limits":{"memory_mb":60}"#)])
            // Others hold all of so little memory: what could fit waits.
            let large = try #require(try kafka.results(1).first)
            #expect(large.requestID == "large" && large.status == "rejected" && large.code == "limits_not_available")
            #expect(large.json["error"]?["retryable"]?.bool == true)
            try eventually("the other one waits") { node.node.waitingFor(.memory) == 1 }
            #expect(try kafka.contents(kafka.topics.deadLetters).count == 1)
            #expect(try node.stop() == 0)
        }
    }

    @Test func whoKeepsBreakingLimitsGetsFewerSlotsAndThemBackWhenItBehaves() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(
                kafka, Self.settings + ["throttle.recoverMs=10000", "metrics.http=127.0.0.1:0"], unruly: true)
            let bad = #","labels":{"misbehave":"hang"},"limits":{"timeout_ms":50}"#
            try kafka.submit((0..<15).map { request("\($0)", more: bad) })
            try eventually("the status shows its smallest share") {
                let throttled = try Self.policies(node)["throttled"]?.elements?.first
                return throttled?.text == #"{"strategy":"noop","slots":1,"of":5}"#
            }
            try eventually("its share is back") {
                try kafka.events(.throttle).last?["slots"]?.integer == 5
            }
            let shares = try kafka.events(.throttle)
            #expect(shares.allSatisfy { $0["strategy"]?.string == "noop" })
            // A machine that is slow to replace the hosts leaves pauses long enough to recover in: what holds everywhere
            // is what each change makes of the share before it.
            var share = 5
            for change in shares {
                #expect(change["before"]?.integer == share)
                let isRecovery = change["reason"]?.string == "recovered"
                if !isRecovery { #expect(change["reason"]?.string == "limits") }
                share = isRecovery ? min(5, share * 2) : max(1, share / 2)
                #expect(change["slots"]?.integer == share)
            }
            #expect(shares.first?["reason"]?.string == "limits")
            #expect(try kafka.results(15).allSatisfy { $0.status == "timed_out" })
            #expect(try Self.policies(node).text == #"{"throttled":[],"suspended":[],"not_starting":[]}"#)
            #expect(try node.stop() == 0)
        }
    }

    @Test func whoCrashesEveryTimeIsSuspendedUntilAProbeGoesWell() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "pool.maxConcurrentStrategies=1", "limits.memoryMB=64", "circuitBreaker.enabled=true",
                    "circuitBreaker.crashes=3", "circuitBreaker.openMs=20000", "metrics.http=127.0.0.1:0",
                    "retry.crashed=1",
                ], unruly: true)
            try kafka.submit((0..<8).map { request("\($0)", more: #","labels":{"misbehave":"die"}"#) })
            let results = try kafka.results(8)
            #expect(results.filter { $0.status == "crashed" }.count == 3)
            let suspended = results.filter { $0.code == "strategy_suspended" }
            #expect(suspended.count == 5)
            let shown = try #require(try Self.policies(node)["suspended"]?.elements?.first)
            #expect(shown["strategy"]?.string == "noop")
            #expect((0...20_000).contains(shown["retry_ms"]?.integer ?? -1))
            #expect(suspended.allSatisfy { $0.status == "failed" && $0.json["error"]?["retryable"]?.bool == true })
            // The untouched originals, for a replay.
            let letters = try kafka.contents(kafka.topics.deadLetters)
            let original = request("7", more: #","labels":{"misbehave":"die"}"#)
            #expect(letters.count == 5 && letters.contains { $0.value == Array(original.utf8) })

            var probes = 0
            try eventually("a probe goes well") {
                probes += 1
                try kafka.submit([request("probe-\(probes)")])
                return try kafka.results(8 + probes).contains { $0.status == "completed" }
            }
            #expect(try kafka.events(.circuit).compactMap { $0["suspended"]?.bool } == [true, false])
            #expect(try node.stop() == 0)
        }
    }

    @Test func aStepFarPastItsDeadlineIsAStallAndItsHostIsKilled() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            // The slot itself would wait until the deadline, in an hour.
            let node = try TestNode(
                kafka, Self.settings + ["limits.timeoutMs=3600000"], unruly: true,
                tune: { $0.stallWatch.graceMs = -3_599_900 })
            try kafka.submit([request("hangs", more: #","labels":{"misbehave":"hang"}"#)])
            let result = try #require(try kafka.results(1).first)
            #expect(result.status == "crashed")
            try eventually("the event is there") {
                try kafka.events(.stall).first?["overdue"]?.elements?.first?["request_id"]?.string == "hangs"
            }
            #expect(node.node.count(.stalls) >= 1)
            #expect(try node.stop() == 0)
        }
    }
}
