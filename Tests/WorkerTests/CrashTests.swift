import Glibc
import Kafka
import Messages
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

/// Nodes that are killed: what was done before their last commit is not run again.
@Suite(.machine(.nodes(2))) struct CrashTests {
    @Test(arguments: Build.successions) func whatIsDoneAboveAStepThatRunsIsNotRunAgainAfterACrash(
        of before: Build, by after: Build
    ) async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let count = 300
            try kafka.submit(
                (0..<count).map { $0 % 100 == 0 ? request("r\($0)", "sleep", #"{"ms":4000}"#) : request("r\($0)") })
            let settings = ["pool.maxConcurrentStrategies=5", "limits.memoryMB=64"]
            let first = try NodeProcess(kafka, settings + ["node.id=first"], of: before)
            try eventually("all but the slow ones are done, and committed as such") {
                try committed(kafka).flatMap(\.runs).map { $0.upperBound - $0.lowerBound + 1 }.reduce(0, +) == count - 3
            }
            first.signal(SIGKILL)
            #expect(first.wait() == -SIGKILL)
            let second = try NodeProcess(kafka, settings + ["node.id=second"], of: after)
            let results = try kafka.results(count)
            second.signal(SIGTERM)
            #expect(second.wait() == 0)
            #expect(try kafka.contents(kafka.topics.results).count == count)
            #expect(results.filter { $0.node == "second" }.map(\.requestID).sorted() == ["r0", "r100", "r200"])
            #expect(try committed(kafka).isEmpty)
        }
    }

    @Test func metadataThatAreNoneAreIgnoredWithAWarning() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit((0..<20).map { request("r\($0)") })
            try kafka.commit(partition: 0, nextOffset: 5, metadata: "somebody else's notes")
            let node = try TestNode(kafka)
            let results = try kafka.results(15)
            #expect(try node.stop() == 0)
            #expect(Set(results.map(\.requestID)) == Set((5..<20).map { "r\($0)" }))
            #expect(node.log.all.contains { $0.contains("another program's") })
        }
    }

    /// A map of another log, which has as many records.
    @Test func whatWasDoneInAnotherLogIsRunInThisOne() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let count = 40
            try kafka.submit((0..<count).map { request("r\($0)") })
            let digests = try kafka.contents(kafka.topics.requests).map(\.digest)
            // The first record is the same, as in a log that was cut in its middle.
            let map = DoneMap(
                first: LogMark(offset: 0, digest: digests[0]), runs: [1...20],
                last: LogMark(offset: 20, digest: digests[20] ^ 1))
            try kafka.commit(
                partition: 0, nextOffset: 0, metadata: CommitMetadataCodec.encode([try #require(map)]))
            let node = try TestNode(kafka)
            let results = try kafka.results(count)
            #expect(try node.stop() == 0)
            #expect(Set(results.map(\.requestID)).count == count)
            #expect(try kafka.events(.offsetReset).count == 1)
        }
    }

    /// What the group's commit says to be done.
    private func committed(_ kafka: TestKafka) throws -> [DoneMap] {
        let observer = try AdminClient(
            .groupObserver(bootstrap: kafka.bootstrap, groupID: kafka.group, embedded: kafka.broker != nil))
        defer { observer.close() }
        let offsets = try observer.committed(topic: kafka.topics.requests, partitions: [0], timeoutMs: 30_000)
        return try offsets.compactMap(\.metadata).flatMap { try CommitMetadataCodec.decode($0).maps }
    }
}
