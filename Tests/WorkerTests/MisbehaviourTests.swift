import Glibc
import Hosting
import Messages
import TestSupport
import Testing

@testable import Worker

/// A strategy that misbehaves loses its step, and nobody else's; nothing is left of it.
@Suite(.serialized) struct MisbehaviourTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let offence: String
        let statuses: Set<String>
        var codes: Set<String> = []

        var testDescription: String { offence }
    }

    static let cases = [
        Case(offence: "burn", statuses: ["timed_out"]),
        Case(offence: "sleep", statuses: ["timed_out"]),
        Case(offence: "hoard", statuses: ["resource_exceeded"], codes: ["memory_exceeded"]),
        Case(offence: "grab", statuses: ["resource_exceeded", "completed"]),
        Case(offence: "spread-memory", statuses: ["resource_exceeded"], codes: ["memory_exceeded"]),
        Case(offence: "fork-bomb", statuses: ["resource_exceeded", "timed_out"]),
        Case(offence: "daemon", statuses: ["completed"]),
        Case(offence: "long-file", statuses: ["resource_exceeded"], codes: ["resource_exceeded", "memory_exceeded"]),
        Case(offence: "many-files", statuses: ["completed", "failed", "crashed"]),
        Case(offence: "recursion", statuses: ["crashed"], codes: ["host_crashed"]),
        Case(offence: "die", statuses: ["crashed"], codes: ["host_crashed"]),
    ]

    @Test(arguments: cases) func losesItsOwnStepAlone(_ entry: Case) async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let bad = request("bad", more: #","labels":{"misbehave":"\#(entry.offence)"}"#)
            try kafka.submit([bad] + (0..<20).map { request("good-\($0)", "sleep", #"{"ms":5}"#) })
            let node = try TestNode(
                kafka,
                [
                    "pool.maxConcurrentStrategies=3", "limits.memoryMB=96", "limits.timeoutMs=1500",
                    "isolation.sandbox=standard",
                ], unruly: true)
            let results = try kafka.results(21)
            #expect(try node.stop() == 0)
            let found = try #require(results.first { $0.requestID == "bad" })
            #expect(entry.statuses.contains(found.status), "\(found.status): \(found.message)")
            if !entry.codes.isEmpty { #expect(entry.codes.contains(found.code ?? "")) }
            #expect(found.json["usage"]?["cpu_ms"] != nil && found.json["usage"]?["throttled_ms"] != nil)
            let good = results.filter { $0.requestID.hasPrefix("good-") }
            #expect(good.count == 20 && good.allSatisfy { $0.status == "completed" })
            #expect(ProcessFacts.running("offender", kafka.group).isEmpty)
        }
    }

    @Test func whatIsInForceIsSaidAtTheStart() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("one")])
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=2", "isolation.enforcement=rlimit"])
            _ = try kafka.results(1)
            #expect(try node.stop() == 0)
            let started = node.log.all.first { $0.contains("\"started\"") } ?? ""
            #expect(started.contains(#""cpu":"monitor""#) && started.contains(#""sandbox":"standard""#))
            #expect(node.log.all.contains { $0.contains("isolation tried") })
        }
    }
}
