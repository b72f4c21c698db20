import Messages
import Scheduling
import Synchronization
import System
import TestSupport
import Testing

@testable import Worker

@Suite struct LogLimiterTests {
    private static func at(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: 0).adding(milliseconds: milliseconds)
    }

    @Test func ofOneKindSoManyAreWrittenInATimeAndTheRestIsCounted() {
        var limiter = LogLimiter()
        let admitted = (0..<1000).count { limiter.admits("rejected", .info, at: Self.at($0)) }
        #expect(admitted == LogLimiter.mostLines)
        #expect(limiter.nextEnd == Self.at(LogLimiter.windowMs))
        let early = limiter.takeSurplus(at: Self.at(LogLimiter.windowMs - 1))
        let surplus = limiter.takeSurplus(at: Self.at(LogLimiter.windowMs))
        let again = limiter.takeSurplus(at: Self.at(LogLimiter.windowMs))
        #expect(early == [] && again == [] && limiter.nextEnd == nil)
        #expect(surplus == [.init(kind: "rejected", level: .info, lines: 1000 - LogLimiter.mostLines)])
    }

    @Test func kindsDoNotDrownEachOther() {
        var limiter = LogLimiter()
        for _ in 0..<1000 { _ = limiter.admits("rejected", .info, at: Self.at(0)) }
        let isAdmitted = limiter.admits("host lost", .warning, at: Self.at(0))
        #expect(isAdmitted)
    }

    @Test func whatWasKeptBackIsToldThoughTheNextWindowHasBegun() {
        var limiter = LogLimiter()
        for _ in 0..<LogLimiter.mostLines + 3 { _ = limiter.admits("a", .warning, at: Self.at(0)) }
        let later = Self.at(LogLimiter.windowMs)
        let isAdmitted = limiter.admits("a", .warning, at: later)
        let surplus = limiter.takeSurplus(at: later)
        #expect(isAdmitted && surplus == [.init(kind: "a", level: .warning, lines: 3)])
    }

    @Test func whatIsWithinTheBoundIsNotSpokenOf() {
        var limiter = LogLimiter()
        let admitted = (0..<1000).count { limiter.admits("a", .info, at: Self.at($0 * 1000)) }
        let surplus = limiter.finish()
        #expect(admitted == 1000 && surplus == [])
    }
}

@Suite struct LogQueueTests {
    /// A reader that takes lines only while it is let.
    private final class Reader: Sendable {
        private let lines = Mutex<[String]>([])
        private let gate: WakeDescriptor
        private let isOpen = Atomic(false)

        init() throws { gate = try WakeDescriptor() }

        func take(_ line: String) -> Bool {
            while !isOpen.load(ordering: .acquiring) { _ = gate.wait(until: nil) }
            lines.withLock { $0.append(line) }
            return true
        }

        func open() {
            isOpen.store(true, ordering: .releasing)
            gate.signal()
        }

        var all: [String] { lines.withLock { $0 } }
    }

    @Test func aReaderThatStopsHoldsUpNobodyAndLearnsHowManyLinesItMissed() throws {
        let reader = try Reader()
        let queue = try LogQueue(format: .json) { reader.take($0) }
        let log = Log(queue, minimum: .debug)
        // Of debug lines none is kept back; the thread holds one of them.
        for number in 0..<LogQueue.mostLines + 500 { log.debug("line \(number)") }
        try eventually("what finds no room is dropped") { queue.droppedLines > 0 }
        let missed = queue.droppedLines
        #expect((499...500).contains(missed))
        reader.open()
        queue.close(withinMs: 60_000)
        let lines = try reader.all.map { try JSONValue.parse(Array($0.utf8)) }
        #expect(lines.count == LogQueue.mostLines + 500 - missed + 1)
        #expect(lines.last?["lines"] == .integer(missed) && lines.last?["level"]?.string == "warning")
    }

    @Test func longLinesAreBoundedInBytes() throws {
        let reader = try Reader()
        defer { reader.open() }
        let queue = try LogQueue(format: .json) { reader.take($0) }
        let log = Log(queue, minimum: .debug)
        let long = String(repeating: "x", count: LogQueue.mostBytes / 10)
        for _ in 0..<20 { log.debug(long) }
        #expect(queue.droppedLines >= 9)
    }

    @Test func theEndDoesNotWaitForAReaderThatHasStopped() throws {
        let reader = try Reader()
        defer { reader.open() }
        let queue = try LogQueue(format: .text) { reader.take($0) }
        Log(queue).error("last words")
        queue.close(withinMs: 50)
        #expect(reader.all == [])
    }

    @Test func whatIsSaidLastIsWrittenAsItIs() throws {
        let reader = try Reader()
        reader.open()
        let queue = try LogQueue(format: .json) { reader.take($0) }
        queue.close(withinMs: 60_000, saying: "optimizer run: cannot begin")
        #expect(reader.all == ["optimizer run: cannot begin"])
    }

    @Test func tenThousandBadRecordsAreAHundredLinesAndANumber() throws {
        let reader = try Reader()
        reader.open()
        let queue = try LogQueue(format: .json) { reader.take($0) }
        let log = Log(queue)
        for _ in 0..<10_000 { log.info("request rejected") }
        log.info("another kind")
        queue.close(withinMs: 60_000)
        let lines = try reader.all.map { try JSONValue.parse(Array($0.utf8)) }
        let shown = lines.count { $0["message"]?.string == "request rejected" }
        let told = lines.filter { $0["kind"]?.string == "request rejected" }.compactMap { $0["lines"]?.integer }
        // Whoever is slow gets to the next window, which shows as many again.
        #expect(shown >= LogLimiter.mostLines)
        #expect(shown + told.reduce(0, +) == 10_000)
        #expect(lines.contains { $0["message"]?.string == "another kind" })
        #expect(queue.droppedLines == 0)
    }

    @Test func whatCannotBeWrittenIsCountedAndToldOnceItCan() throws {
        let lines = Mutex<[String]>([])
        let fails = Atomic(true)
        let queue = try LogQueue(format: .json) { line in
            guard !fails.load(ordering: .acquiring) else { return false }
            lines.withLock { $0.append(line) }
            return true
        }
        let log = Log(queue)
        for number in 0..<3 { log.info("lost \(number)") }
        try eventually("three are lost") { queue.droppedLines == 3 }
        fails.store(false, ordering: .releasing)
        log.info("back")
        queue.close(withinMs: 60_000)
        let told = try lines.withLock { $0 }.map { try JSONValue.parse(Array($0.utf8)) }
        #expect(told.first?["lines"] == .integer(3) && told.last?["message"]?.string == "back" && told.count == 2)
    }
}
