import Glibc
import Messages
import System
import TestSupport
import Testing

@testable import Worker

/// Alone, since it counts the descriptors of the process, in which other tests come and go.
@Suite(.machine(.alone)) struct StressTests {
    /// How a request of the mix ends.
    private static let expectations: [String: String] = [
        "fast": "completed", "slow": "completed", "die": "crashed", "exit": "crashed", "babble": "crashed",
        "leave-child": "crashed", "hang": "timed_out", "invalid": "rejected",
    ]

    private static func kind(of index: Int) -> String {
        switch index % 1000 {
        case 7: "die"
        case 107: "exit"
        case 207: "babble"
        case 307: "leave-child"
        case 407: "hang"
        default: index % 100 == 50 ? "invalid" : index % 20 == 3 ? "slow" : "fast"
        }
    }

    static func text(_ index: Int) -> String {
        let kind = kind(of: index)
        switch kind {
        case "fast": return request("\(index)")
        case "slow": return request("\(index)", "sleep", #"{"ms":5}"#)
        case "invalid": return request("\(index)", "noop", #"{"nonsense":1}"#)
        case "hang": return request("\(index)", more: #","labels":{"misbehave":"hang"},"limits":{"timeout_ms":100}"#)
        default: return request("\(index)", more: #","labels":{"misbehave":"\#(kind)"}"#)
        }
    }

    /// When it returns, both nodes have ended, and nobody holds on to them any more.
    private static func runThroughTwoNodes(_ count: Int, _ kafka: TestKafka) throws -> [TestResult] {
        let settings = ["pool.maxConcurrentStrategies=5", "limits.memoryMB=64"]
        let first = try TestNode(kafka, settings + ["node.id=first"], unruly: true)
        let second = try TestNode(kafka, settings + ["node.id=second"], unruly: true)
        // No rebalance happens from here on.
        try eventually("both nodes have partitions") {
            first.node.partitions.count == 4 && second.node.partitions.count == 4
        }
        try kafka.submit((0..<count).map(Self.text))
        let results = try kafka.results(count)
        #expect(try first.stop() == 0)
        #expect(try second.stop() == 0)
        return results
    }

    @Test func twentyThousandMixedRequestsThroughTwoNodesHaveOneResultEach() async throws {
        try await onOwnThread {
            let count = 20_000
            let kafka = try TestKafka(partitions: 8)
            defer { kafka.close() }
            // The test's own producer opens its connections with its first message.
            try kafka.submit([[]], to: kafka.topics.deadLetters)
            let before = ProcessFacts.openDescriptors
            let results = try Self.runThroughTwoNodes(count, kafka)
            // Exactly one result each, and nothing came after the last.
            #expect(try kafka.contents(kafka.topics.results).count == count)
            #expect(Set(results.map(\.node)) == ["first", "second"])
            let wrong = results.filter { result in
                let expected = Int(result.requestID).map { Self.expectations[Self.kind(of: $0)] }
                return expected != result.status
            }
            #expect(wrong.isEmpty, "\(wrong.prefix(5).map { "\($0.requestID): \($0.status) \($0.message)" })")
            #expect(ProcessFacts.running("offender", kafka.group).isEmpty)
            // A few are opened once per process, one by this wait; a leak would be one a host, of which there were dozens.
            try eventually("all descriptors are closed again") {
                ProcessFacts.openDescriptors <= before + 4
            }
        }
    }
}

/// What the test's process holds.
enum ProcessFacts {
    /// Open files, pipes and the like. Not sockets: the broker's and the test's own clients open and close them as they
    /// like.
    static var openDescriptors: Int {
        DirectoryEntries.list("/proc/self/fd").map { link("/proc/self/fd/\($0)") }.count {
            $0 != "" && !$0.hasPrefix("socket:")
        }
    }

    /// Processes that run a program of that name with this word among their arguments.
    static func running(_ program: String, _ word: String) -> [String] {
        DirectoryEntries.list("/proc").filter { Int32($0) != nil }.filter { process in
            let words = FileContent.text("/proc/\(process)/cmdline").split(separator: "\0")
            return words.first?.hasSuffix(program) == true && words.contains { $0 == word }
        }
    }

    /// Where a symbolic link leads; empty where it is gone.
    static func link(_ path: String) -> String {
        var target = [UInt8](repeating: 0, count: 4096)
        let count = target.withUnsafeMutableBytes { readlink(path, $0.baseAddress!, $0.count) }
        return String(decoding: target.prefix(max(0, count)), as: UTF8.self)
    }
}
