import Glibc
import Messages
import Metrics
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

/// Whoever kills a host blames the step it ran, unless the node did it for reasons of its own.
@Suite(.machine(.nodes(1))) struct OwnKillTests {
    /// One crash, or one breach, would be enough.
    static let strict = [
        "limits.memoryMB=64", "circuitBreaker.enabled=true", "circuitBreaker.crashes=1", "throttle.breaches=1",
        "retry.crashed=1",
    ]

    @Test func whatANodeEndsWithItselfHasNotCrashed() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, Self.strict + ["pool.maxConcurrentStrategies=3", "shutdown.drainMs=200"], mode: "locker")
            try kafka.submit((0..<3).map { scripted("r\($0)", "hang") })
            try eventually("the steps run") { node.node.runningCount == 3 }
            #expect(try node.stop() == 0)
            #expect(node.node.count(.hostRestarts, "recycled") == 3)
            #expect(node.log.all.count { $0.contains("\"ended with the node\"") } == 3)
            try node.expectNobodyBlamed()
            #expect(try kafka.events(.throttle).isEmpty)
            #expect(try kafka.events(.circuit).isEmpty)
            #expect(try kafka.contents(kafka.topics.results).isEmpty)
        }
    }

    /// The kill comes late: the step has been answered, and the host waits for the next.
    @Test func aHostEndedForAStepThatHasJustEndedHasNotCrashed() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-kill")
            defer { directory.remove() }
            let end = directory.path + "/end"
            let node = try TestNode(kafka, Self.strict + ["pool.maxConcurrentStrategies=1"], mode: "locker")
            try kafka.submit([scripted("first", "await \(end)")])
            try eventually("the step runs") { node.node.runningCount == 1 }
            let slots = node.node.state.decide { $0.giveUpRunning(partitions: [0]) }
            #expect(slots == [0])
            close(open(end, O_CREAT | O_WRONLY, 0o600))
            try eventually("it has ended by itself") { node.node.finishedCount == 1 && node.node.runningCount == 0 }
            node.node.state.killHosts(of: slots)
            try eventually("the host is replaced") { node.node.count(.hostRestarts, "recycled") == 1 }
            try node.expectNobodyBlamed()
            // What the host is lost for next is the step's own doing again.
            try kafka.submit([scripted("second", "exit")])
            #expect(try kafka.results(2).first { $0.requestID == "second" }?.status == "crashed")
            #expect(node.node.count(.hostRestarts, "crashed") >= 1)
            #expect(try node.stop() == 0)
        }
    }

    /// The node decides to end a borrowed host, which answers before the kill: from then on the slot's own host stands
    /// where the kill goes.
    @Test func aBorrowedHostThatAnswersBeforeItIsEndedLeavesItsSlotAsItWas() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=1"], file: file.path)
            try kafka.submit([request("first", "unruly", #"{"do":"wait"}"#)])
            try eventually("the step runs") { node.node.runningCount == 1 }
            #expect(node.node.state.decide { $0.giveUpRunning(partitions: [0]) } == [0])
            try file.letStart()
            try eventually("it has ended by itself") { node.node.finishedCount == 1 }
            try eventually("nothing of it is left") { !node.node.state.snapshot.isHostEnded(slot: 0) }
            try node.expectNobodyBlamed()
            // What its host is lost for next is the step's own doing again.
            try kafka.submit([request("second", "unruly", #"{"do":"die"}"#)])
            #expect(try kafka.results(2).first { $0.requestID == "second" }?.status == "crashed")
            #expect(node.node.count(.hostRestarts, "crashed") >= 1)
            #expect(try node.stop() == 0)
        }
    }
}

extension TestNode {
    /// No host counts as crashed or lost for a limit, none is said to be, and no strategy pays for one.
    func expectNobodyBlamed() throws {
        for reason in ["crashed", "timed_out", "resource_exceeded", "babbled", "start_failed"] {
            #expect(node.count(.hostRestarts, reason) == 0, "\(reason)")
        }
        for message in ["a host did not start", "gets fewer slots", "is suspended"] {
            #expect(log.all.filter { $0.contains(message) } == [])
        }
        for line in log.all where line.contains("host lost") { #expect(line.contains("\"recycled\"")) }
    }
}
