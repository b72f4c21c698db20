import Glibc
import Kafka
import Messages
import TestSupport
import Testing

@Suite(.machine) struct CanaryCommandTests {
    private static let metric = "optimizer_canary_last_success_age_seconds"

    /// The value of a series; nil where it is not shown, or nobody answers.
    private func value(_ series: String, _ port: UInt16) -> Double? {
        guard let text = try? HTTPClient.get("/metrics", port: port).text else { return nil }
        return text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.utf8.count + 1)) }
    }

    private func requests(_ outcome: String, _ port: UInt16) -> Double {
        value("optimizer_canary_requests_total{outcome=\"\(outcome)\"}", port) ?? 0
    }

    @Test func onceTellsAWorkingNodeFromNone() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let without = try bench.optimizer(["canary", "--once", "--timeout-ms", "500"])
        #expect(without.code == 1)
        #expect(without.output == "")
        for partition in 0..<6 { #expect(without.words.contains("partition \(partition): no result for ")) }
        let sent = try bench.records(bench.names.requests).map { try JSONValue.parse($0.value ?? []) }
        #expect(sent.count == 6)
        #expect(sent.allSatisfy { $0["request_id"]?.string?.hasPrefix("canary-") == true })
        #expect(sent.allSatisfy { $0["labels"]?["origin"]?.string == "canary" })
        // Old ones are not run by the node that comes.
        try bench.startNode()
        let with = try bench.optimizer(["canary", "--once"] + Patience.option)
        #expect(with.code == 0, "\(with.words)")
        #expect(with.lines.count == 6 && with.lines.allSatisfy { $0.contains(": completed in ") })
        let old = Set(sent.compactMap { $0["request_id"]?.string })
        let results = try bench.records(bench.names.results).map { try JSONValue.parse($0.value ?? []) }
        let answers = results.filter { old.contains($0["request_id"]?.string ?? "") }
        #expect(answers.count == 6 && answers.allSatisfy { $0["status"]?.string == "expired" })
    }

    @Test func whatItShowsGrowsOldWhenTheNodeIsGoneAndYoungAgain() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNode()
        let port = try FreePort.find()
        let canary = try bench.start([
            "canary", "--every", "100ms", "--timeout-ms", "1000", "--http", "127.0.0.1:\(port)",
        ])
        try eventually("an answer from every partition") {
            (0..<6).allSatisfy { value("optimizer_canary_late_seconds{partition=\"\($0)\"}", port) != nil }
                && requests("completed", port) > 6
        }
        #expect(value("optimizer_canary_interval_seconds", port) == 0.1)
        #expect(try HTTPClient.get("/healthz", port: port).status == 200)
        // A crowded machine may have lost one before.
        let before = canary.words.components(of: "partition 0: no result for ")
        try bench.stopNode()
        try eventually("its age to grow") { (value(Self.metric, port) ?? 0) > 2 && requests("lost", port) > 0 }
        #expect((value("optimizer_canary_late_seconds{partition=\"0\"}", port) ?? 0) > 1)
        #expect(canary.words.contains(": no result for "))
        let told = canary.words.components(of: "partition 0: no result for ")
        #expect(told - before == 1, "once, however often it is tried")
        try bench.startNode()
        try eventually("the next answer") { canary.words.contains("partition 0 works again: completed in ") }
        canary.signal(SIGTERM)
        #expect(try canary.outcome().code == 0)
    }

    @Test func onlyThePartitionThatStandsStillIsLate() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNode(more: ["ordering=partition", "limits.timeoutMs=600000", "shutdown.drainMs=0"])
        try bench.submit([Bench.request("stuck", "sleep", #"{"ms":500000}"#)])
        let records = try bench.records(bench.names.requests)
        let stuck = try #require(records.first { String(decoding: $0.value ?? [], as: UTF8.self).contains("stuck") })
        let port = try FreePort.find()
        try withExtendedLifetime(
            bench.start(["canary", "--every", "100ms", "--timeout-ms", "2000", "--http", "127.0.0.1:\(port)"])
        ) { _ in
            func late(_ partition: Int32) -> Double? {
                value("optimizer_canary_late_seconds{partition=\"\(partition)\"}", port)
            }
            // The others have had their turn many times by then, and each answer makes them young.
            try eventually("one partition is late") { (late(stuck.partition) ?? 0) > 5 }
            for partition in Int32(0)..<6 where partition != stuck.partition {
                try eventually("partition \(partition) is not") { late(partition).map { $0 < 2 } ?? false }
            }
        }
    }

    @Test(.enabled(if: Bench.realBootstrap == nil, "only the embedded broker can be stopped from here"))
    func itWaitsForABrokerThatIsAwayAndEndsWhenItIsTold() throws {
        let port = try FreePort.find()
        let canary = try Program(["canary", "-b", "127.0.0.1:1", "--http", "127.0.0.1:\(port)"])
        try eventually("it says for what it waits") { canary.words.contains("waiting: ") || canary.hasEnded }
        #expect(!canary.hasEnded)
        #expect((value(Self.metric, port) ?? 0) > 0)
        #expect(try HTTPClient.get("/healthz", port: port).status == 200)
        canary.signal(SIGTERM)
        #expect(try canary.outcome().code == 0)
        #expect(canary.words.contains("127.0.0.1:1"))
    }

    @Test func whatIsWrongIsNamed() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let missing = try bench.optimizer(["canary", "--topic", "nowhere", "--http", "null"])
        #expect(missing.code == 78 && missing.words.contains("optimizer topics create"))
        let (descriptor, port) = try FreePort.listen()
        defer { close(descriptor) }
        let taken = try bench.optimizer(["canary", "--http", "127.0.0.1:\(port)"])
        #expect(taken.code == 78 && taken.words.contains("127.0.0.1:\(port)"))
        for words in [["--every", "1ms"], ["--every", "soon"], ["--http", "here"], ["--once", "--every", "1s"]] {
            #expect(try bench.optimizer(["canary"] + words).code == 64, "\(words)")
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
