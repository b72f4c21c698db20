import Messages
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
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
                    "limits.timeoutMs=120000", "backpressure.queueDepth=1000",
                ])
            try kafka.submit([request("blocks", "sleep", #"{"ms":25000}"#)])
            try eventually("the first request runs") { node.node.runningCount == 1 }
            try kafka.submit((0..<24_000).map { request("r\($0)") })
            try eventually("the partition is held") {
                try Self.figure("optimizer_partitions_metadata_full", node) == 1
            }
            #expect(node.node.finishedCount < 24_000)
            try eventually("all requests are done") { node.node.finishedCount == 24_001 }
            try eventually("no partition is held") {
                try Self.figure("optimizer_partitions_metadata_full", node) == 0
            }
            #expect(try Self.figure("optimizer_metadata_full_total", node) == 1)
            #expect(try node.stop() == 0)
            let events = try kafka.events(.metadataFull)
            #expect(events.map { $0["held"]?.bool } == [true, false])
            #expect(events.allSatisfy { $0["partition"]?.integer == 0 && $0["topic"]?.string == kafka.topics.requests })
        }
    }
}
