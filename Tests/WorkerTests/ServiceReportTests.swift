import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

@Suite struct ServiceReportTests {
    private typealias Condition = ServiceReport.Condition

    @Test func aNodeIsReadyOnceAndItsWatchdogIsFedEachTime() {
        var report = ServiceReport()
        let waiting = Condition(unready: "waiting to start: no broker answers")
        #expect(report.words(for: waiting) == ["WATCHDOG=1", "STATUS=waiting to start: no broker answers"])
        #expect(report.words(for: waiting) == ["WATCHDOG=1"])
        #expect(report.words(for: Condition()) == ["READY=1", "WATCHDOG=1", "STATUS=takes part in its group"])
        #expect(report.words(for: Condition()) == ["WATCHDOG=1"])
        #expect(report.words(for: Condition(unready: "commits fail")) == ["WATCHDOG=1", "STATUS=commits fail"])
        #expect(report.words(for: Condition()) == ["WATCHDOG=1", "STATUS=takes part in its group"])
    }

    @Test func aProcessThatDoesNotMoveDoesNotFeedItsWatchdog() {
        var report = ServiceReport()
        _ = report.words(for: Condition())
        let stuck = "the monitor thread has not moved for 11 s"
        #expect(report.words(for: Condition(stuck: stuck)) == ["STATUS=\(stuck)"])
        #expect(report.words(for: Condition(stuck: stuck)) == [])
        #expect(report.words(for: Condition()) == ["WATCHDOG=1", "STATUS=takes part in its group"])
    }

    @Test func anEndIsSaidOnceAndANodeThatEndsIsNotReadyAnyMore() {
        var report = ServiceReport()
        let draining = Condition(unready: "draining", isEnding: true)
        #expect(report.words(for: draining) == ["STOPPING=1", "WATCHDOG=1", "STATUS=draining"])
        #expect(report.words(for: draining) == ["WATCHDOG=1"])
        #expect(report.words(for: Condition(isEnding: true)) == ["WATCHDOG=1", "STATUS=takes part in its group"])
    }

    @Test func aStatusIsOneLine() {
        var report = ServiceReport()
        let words = report.words(for: Condition(unready: "a\nREADY=1\r\n" + String(repeating: "b", count: 1000)))
        #expect(words.count == 2)
        #expect(words[1].hasPrefix("STATUS=a READY=1 b") && words[1].count <= 507)
    }

    /// The thread itself, on a real socket, beside a consumer thread that hangs and one that goes on.
    @Test func theThreadTellsWhatHealthzWouldSay() throws {
        let socket = try DatagramSocket()
        let manager = try #require(
            ServiceManager(environment: ["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "30000"]))
        let (heartbeats, stop) = (Heartbeats(), StopRequest())
        let health = NodeHealth(stop)
        let readiness = Readiness(
            health: health, brokers: BrokerBoard(log: Log(format: .json) { _ in }), board: PartitionBoard(),
            brokersAwayMs: 30_000, unacknowledgedMs: 30_000)
        heartbeats.beat(.consumer, at: .now().adding(milliseconds: -60_000))
        let watch = try ServiceWatch(manager, heartbeats: heartbeats, readiness: readiness, stop: stop)
        let thread = try PermanentThread(name: "service-manager", watch.run)
        defer {
            watch.stop()
            thread.join()
        }
        let first = try #require(socket.receive())
        #expect(first.count == 1 && first[0].hasPrefix("STATUS=the consumer thread has not moved for 60 s"))

        heartbeats.beat(.consumer, at: .now().adding(milliseconds: Patience.milliseconds))
        health.noteJoined(partitions: [])
        _ = try socket.receive(until: "READY=1")
        _ = try socket.receive(until: "WATCHDOG=1")

        stop.request()
        _ = try socket.receive(until: "STOPPING=1")
    }
}
