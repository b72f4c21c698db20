import Glibc
import Kafka
import Messages
import Metrics
import Scheduling
import TestSupport
import Testing

@testable import Worker

/// Steps that fail and are run again, on real nodes.
@Suite(.machine(.nodes(1))) struct RetryTests {
    private static let pool = ["pool.maxConcurrentStrategies=2", "limits.memoryMB=256"]

    private func unruly(_ id: String, _ what: String, more: String = "") -> String {
        request(id, "unruly", #"{"do":"\#(what)"}"#, more: more)
    }

    private func failedAttempts(_ node: TestNode) -> Int { Int(node.node.registry.total(.failedAttempts)) }

    @Test func aStepThatSaysSoRunsUntilItSucceeds() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, Self.pool + ["retry.failed=100", "retry.firstDelayMs=20", "retry.maxDelayMs=100"],
                file: file.path)
            try kafka.submit([unruly("flaky", "flaky"), unruly("other", "ok")])
            try eventually("it has failed twice") { failedAttempts(node) >= 2 }
            #expect(try kafka.results(1).map(\.requestID) == ["other"], "nobody waits for it")
            try file.letStart()
            let result = try #require(try kafka.results(2).first { $0.requestID == "flaky" })
            #expect(try node.stop() == 0)
            #expect(result.status == "completed")
            let history = try #require(result.json["history"]?.elements)
            let attempt = try #require(result.json["attempt"]?.integer)
            #expect(attempt >= 3 && history.count == min(10, attempt - 1))
            #expect(history.last?["attempt"]?.integer == attempt - 1)
            #expect(
                history.allSatisfy {
                    $0["status"]?.string == "failed" && $0["code"]?.string == "not_yet"
                        && $0["message"]?.string == "come again"
                })
            #expect(failedAttempts(node) == attempt - 1)
            #expect(try kafka.contents(kafka.topics.deadLetters).isEmpty)
        }
    }

    @Test(arguments: [("flaky", "failed", "not_yet", true), ("die", "crashed", "host_crashed", false)])
    func whatFailsAsOftenAsItMayHasThatForItsResultAndIsADeadLetter(
        what: String, status: String, code: String, isRetryable: Bool
    ) async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.pool + ["retry.firstDelayMs=20"], file: file.path)
            let text = unruly("r", what)
            try kafka.submit([text])
            let result = try #require(try kafka.results(1).first)
            #expect(try node.stop() == 0)
            #expect(result.status == status && result.code == code)
            #expect(result.json["attempt"]?.integer == 3)
            let history = try #require(result.json["history"])
            #expect(history.elements?.map { $0["attempt"]?.integer } == [1, 2])
            #expect(history.elements?.allSatisfy { $0["status"]?.string == status } == true)
            let letter = try #require(try kafka.contents(kafka.topics.deadLetters).first)
            #expect(letter.value == Array(text.utf8))
            #expect(letter.header("optimizer_error_code") == Array(code.utf8))
            #expect(letter.header("optimizer_retryable") == Array((isRetryable ? "true" : "false").utf8))
            #expect(try JSONValue.parse(try #require(letter.header("optimizer_history"))) == history)
        }
    }

    @Test func whatPassesItsDeadlineRunsOnceUnlessItsStrategySaysOtherwise() async throws {
        try await onOwnThread {
            let file = try ExternalFile(more: "retry: { timedOut: 2, crashed: 1 }")
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.pool + ["retry.firstDelayMs=20"], file: file.path)
            let short = #","limits":{"timeout_ms":200}"#
            try kafka.submit([
                request("once", "sleep", #"{"ms":5000}"#, more: short), unruly("twice", "hang", more: short),
                unruly("crash", "die"),
            ])
            let results = try kafka.results(3)
            #expect(try node.stop() == 0)
            let attempts = Dictionary(
                uniqueKeysWithValues: results.map { ($0.requestID, $0.json["attempt"]?.integer) })
            #expect(attempts == ["once": 1, "twice": 2, "crash": 1])
            let letters = try kafka.contents(kafka.topics.deadLetters)
            #expect(letters.count == 1, "only what was tried again")
        }
    }

    @Test func aStrategyThatAlwaysFailsHasNoMoreRetriesThanItsBudget() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, Self.pool + ["retry.firstDelayMs=1", "retry.budgetPercent=0", "throttle.enabled=false"],
                unruly: true)
            try kafka.submit((0..<30).map { request("\($0)", more: #","labels":{"misbehave":"die"}"#) })
            let results = try kafka.results(30)
            #expect(try node.stop() == 0)
            #expect(results.allSatisfy { $0.status == "crashed" })
            #expect(results.map { ($0.json["attempt"]?.integer ?? 0) - 1 }.reduce(0, +) == 10)
            #expect(node.node.registry.total(.retryBudgetSpent) > 0)
        }
    }

    @Test(arguments: Build.all) func howOftenAStepHasFailedOutlivesItsNode(of before: Build) async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let settings = Self.pool + ["retry.firstDelayMs=60000", "retry.maxDelayMs=60000"]
            try kafka.submit([unruly("flaky", "flaky"), unruly("other", "ok")])
            let first = try NodeProcess(kafka, settings, file: file.path, of: before)
            defer { first.signal(SIGKILL) }
            try eventually("a commit says so") { try committedFailures(kafka).map(\.count) == [1] }
            first.signal(SIGKILL)
            #expect(first.wait() == -SIGKILL)
            try file.letStart()
            let second = try TestNode(kafka, settings, file: file.path)
            let result = try #require(try kafka.results(2).first { $0.requestID == "flaky" })
            #expect(try second.stop() == 0)
            #expect(result.status == "completed" && result.json["attempt"]?.integer == 2)
            #expect(try committedFailures(kafka).isEmpty)
        }
    }

    @Test func noneOfItsKeyPassesAStepThatIsTriedAgain() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let (key, another): ([UInt8], [UInt8]) = (Array("eurusd".utf8), Array("gbpusd".utf8))
            let texts = [unruly("first", "flaky"), unruly("second", "ok"), unruly("another", "ok")]
            try kafka.submit(texts.map { Array($0.utf8) }, keys: [key, key, another])
            let node = try TestNode(
                kafka,
                Self.pool + ["ordering=key", "retry.failed=100", "retry.firstDelayMs=20", "retry.maxDelayMs=100"],
                file: file.path)
            try eventually("it has failed twice") { failedAttempts(node) >= 2 }
            #expect(try kafka.results(1).map(\.requestID) == ["another"])
            try file.letStart()
            #expect(try kafka.results(3).map(\.requestID) == ["another", "first", "second"])
            #expect(try node.stop() == 0)
        }
    }

    @Test func whatWouldExpireBeforeItsNextRunHasNoOther() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, Self.pool + ["retry.firstDelayMs=60000", "retry.maxDelayMs=60000"], file: file.path)
            // With a host that has run, its one run takes nothing of the time that it has: the next would be after 30 s.
            try kafka.submit([unruly("first", "ok")])
            _ = try kafka.results(1)
            let time = Timestamp(milliseconds: Timestamp.now().milliseconds + 29_000).rfc3339
            try kafka.submit([unruly("r", "flaky", more: #","expires_at":"\#(time)""#)])
            let result = try #require(try kafka.results(2).first { $0.requestID == "r" })
            #expect(try node.stop() == 0)
            #expect(result.status == "failed" && result.json["attempt"]?.integer == 1)
        }
    }

    /// What the group's commit says to have failed.
    private func committedFailures(_ kafka: TestKafka) throws -> [FailureMark] {
        let observer = try AdminClient(
            .groupObserver(bootstrap: kafka.bootstrap, groupID: kafka.group, embedded: kafka.broker != nil))
        defer { observer.close() }
        let offsets = try observer.committed(topic: kafka.topics.requests, partitions: [0], timeoutMs: 30_000)
        return try offsets.compactMap(\.metadata).flatMap { try CommitMetadataCodec.decode($0).failures }
    }
}
