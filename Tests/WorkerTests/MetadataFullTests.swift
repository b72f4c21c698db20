import Messages
import Scheduling
import TestSupport
import Testing

@testable import Worker

@Suite struct MetadataFullTests {
    private static func figure(_ name: String, _ node: TestNode) throws -> Double? {
        try HTTPGet.text(node, "/metrics").split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }

    /// Of 24,000 records behind one that is not done, and a thousand among them that wait.
    @Test func aPartitionWhoseCommitIsFullIsHeldUntilTheRequestThatBlocksItIsDone() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(
                partitions: 1, create: ["requests", "results", "metrics", "dead-letters", "control"])
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
                    "backpressure.queueDepth=1000", "kafka.topics.control=\(kafka.topics.control ?? "")",
                ])
            try kafka.submit([request("blocks", "sleep", #"{"ms":600000}"#)])
            try eventually("the first request runs") { node.node.runningCount == 1 }
            try kafka.submit((0..<24_000).map { request("r\($0)") })
            try eventually("the partition is held") {
                try Self.figure("optimizer_partitions_metadata_full", node) == 1
            }
            try kafka.submit([CancelOrder(.request("blocks"), time: .now()).encoded()], to: kafka.topics.control)
            try eventually("all requests are done") { node.node.finishedCount == 24_001 }
            try eventually("no partition is held") {
                try Self.figure("optimizer_partitions_metadata_full", node) == 0
            }
            let holds = try #require(try Self.figure("optimizer_metadata_full_total", node).map { Int($0) })
            #expect(try node.stop() == 0)
            let events = try kafka.events(.metadataFull)
            // Once, where the requests before the bound are not done a second before those at it: no machine is to be that
            // slow, and some are.
            #expect(holds > 0 && events.map { $0["held"]?.bool } == (0..<2 * holds).map { $0 % 2 == 0 })
            #expect(events.allSatisfy { $0["partition"]?.integer == 0 && $0["topic"]?.string == kafka.topics.requests })
        }
    }
}
