import Glibc
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

@Suite(.serialized) struct HostReplacementTests {
    /// Each death costs a process: killed as fast as it comes, a host would be started hundreds of times a second.
    @Test func aHostThatIsEndedAgainAndAgainWhileItHasNothingToDoIsReplacedLaterEachTime() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=1"])
            let begin = MonotonicTime.now()
            try eventually("it is lost ten times") {
                // One that is killed before it is ready has failed to start, and does not count.
                if case .idle = node.node.state.snapshot.slots[0] {
                    for pid in node.node.hostPIDs { kill(pid, SIGKILL) }
                }
                return node.log.all.count { $0.contains("host lost") } >= 10
            }
            // 10, 20, ... 1280 ms after the second and those that follow it.
            #expect(MonotonicTime.now().milliseconds(since: begin) > 2550)
            try kafka.submit([request("after")])
            #expect(try kafka.results(1).first?.status == "completed")
            #expect(try node.stop() == 0)
        }
    }
}
