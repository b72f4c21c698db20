import Glibc
import System
import TestSupport
import Testing

@testable import Worker

@Suite struct ConsumerThreadTests {
    @Test func aNodeThatWaitsForItsOldestStepDoesNotSpin() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("head", "sleep", #"{"ms":4000}"#)] + (0..<20).map { request("r\($0)") })
            let node = try NodeProcess(kafka, ["commit.intervalMs=50", "limits.memoryMB=64"])
            _ = try kafka.results(20)
            let before = try consumerSeconds(of: node.pid)
            _ = try kafka.results(21)
            let used = try consumerSeconds(of: node.pid) - before
            node.signal(SIGTERM)
            #expect(node.wait() == 0)
            #expect(used < 1, "the consumer thread used \(used) s of a processor in less than 4 s")
        }
    }

    /// Processor time of the thread named `consumer`.
    private func consumerSeconds(of pid: pid_t) throws -> Double {
        let threads = "/proc/\(pid)/task"
        for name in DirectoryEntries.list(threads) {
            let stat = FileContent.text("\(threads)/\(name)/stat")
            guard stat.contains("(consumer)"), let end = stat.lastIndex(of: ")") else { continue }
            let fields = stat[end...].split(separator: " ")
            guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { continue }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        throw Failure("the node has no consumer thread")
    }
}
