import Messages
import TestSupport
import Testing

@testable import Worker

/// Steps share a host, one after the other, and what one leaves in it is none of the next one's doing.
@Suite(.serialized) struct ExternalMemoryTests {
    private func run(_ deeds: [String], more: String = "") throws -> [TestResult] {
        let file = try ExternalFile(more: more)
        let kafka = try TestKafka(partitions: 1)
        defer { kafka.close() }
        try kafka.submit(deeds.enumerated().map { request("\($0)-\($1)", "unruly", #"{"do":"\#($1)"}"#) })
        // The kernel refuses more than 320 MB, the monitor ends what holds more than 256.
        let settings = ["limits.memoryMB=256", "pool.maxConcurrentStrategies=1", "isolation.enforcement=rlimit"]
        let node = try TestNode(kafka, settings, file: file.path)
        let results = try kafka.results(deeds.count)
        #expect(try node.stop() == 0)
        return results
    }

    private func pids(_ results: [TestResult]) -> Set<Int> {
        Set(results.compactMap { $0.json["statistics"]?["pid"]?.integer })
    }

    @Test func aHostThatLeaksIsReplacedBeforeItFailsAStep() async throws {
        try await onOwnThread {
            let results = try run(Array(repeating: "leak", count: 12))
            #expect(results.allSatisfy { $0.status == "completed" }, "\(results.map(\.message))")
            #expect((3...8).contains(pids(results).count))
        }
    }

    @Test func memoryThatTheKernelRefusesIsALimitExceededAndEndsTheHost() async throws {
        try await onOwnThread {
            let results = try run(["ok", "leak", "gulp", "ok"])
            let gulp = try #require(results.first { $0.requestID == "2-gulp" })
            #expect(gulp.status == "resource_exceeded" && gulp.code == "memory_exceeded", "\(gulp.message)")
            // Not on the host that had run others: it was run again on a new one.
            #expect(gulp.json["attempt"] == .integer(2))
            #expect(results.count { $0.status == "completed" } == 3)
            #expect(pids(results).count == 2)
        }
    }

    @Test func aHostIsReplacedAfterSoManySteps() async throws {
        try await onOwnThread {
            let results = try run(Array(repeating: "ok", count: 6), more: "maxSteps: 2")
            #expect(results.allSatisfy { $0.status == "completed" })
            #expect(pids(results).count == 3)
        }
    }
}
