import Testing

@testable import Scheduling

@Suite struct StallWatchTests {
    private var manager = ConcurrencyManager(slotCount: 2, backpressure: .init(queueDepth: 10, resumeDepth: 5))
    private var watch = StallWatch()

    @Test mutating func aWakeUpThatWasLostIsFound() throws {
        _ = manager.next(for: 0, at: time(0))
        // Nobody passes the wake-up on.
        #expect(manager.admit(try step(offset: 0)) == [0])
        let early = [0, 4999].map { watch.look(at: manager, now: time($0)) != nil }
        #expect(early == [false, false])
        let look = watch.look(at: manager, now: time(5000))
        let found = try #require(look)
        #expect(found.free.contains(0))
        #expect(found.depth == 1)
        #expect(found.quietMs == 5000)
    }

    @Test mutating func aStallIsToldOnceInAWhile() throws {
        _ = manager.admit(try step(offset: 0))
        let found = [0, 5000, 6000, 9999, 10_000].map { watch.look(at: manager, now: time($0)) != nil }
        #expect(found == [false, true, false, false, true])
    }

    @Test mutating func aNodeThatMovesIsLeftAlone() throws {
        for offset in Int64(0)..<8 { _ = manager.admit(try step(offset: offset)) }
        for second in 0..<8 {
            _ = manager.next(for: 0, at: time(second * 3000))
            let isStalled = watch.look(at: manager, now: time(second * 3000)) != nil
            #expect(!isStalled)
            _ = manager.finish(slot: 0, at: time(0))
        }
    }

    @Test mutating func anEmptyQueueIsNoStall() {
        _ = manager.next(for: 0, at: time(0))
        let found = [0, 100_000].map { watch.look(at: manager, now: time($0)) != nil }
        #expect(found == [false, false])
    }

    @Test mutating func waitingForALockThatARunningStepHoldsIsNoStall() throws {
        _ = manager.admit(try step(offset: 0, locks: ["a"]))
        _ = manager.admit(try step(offset: 1, locks: ["a"]))
        _ = manager.next(for: 0, at: time(0))
        _ = manager.next(for: 1, at: time(0))
        let found = [0, 5000, 10_000].map { watch.look(at: manager, now: time($0)) != nil }
        #expect(found == [false, false, false])
    }

    @Test mutating func waitingThoughNothingRunsIsAStall() throws {
        _ = manager.admit(try step(offset: 0, locks: ["a"]))
        // A lock that no running step holds: it would have leaked.
        _ = manager.locks.take(["a"], for: 99)
        let found = [0, 5000].map { watch.look(at: manager, now: time($0)) != nil }
        #expect(found == [false, true])
    }

    @Test mutating func aStepFarPastItsDeadlineIsOverdue() throws {
        _ = manager.admit(try step(offset: 0))
        _ = manager.next(for: 1, at: time(0))
        let isEarly = watch.look(at: manager, now: time(11_000)) != nil
        #expect(!isEarly)
        let look = watch.look(at: manager, now: time(11_001))
        let found = try #require(look)
        #expect(found.overdue.map(\.slot) == [1])
        #expect(found.overdue.first?.overdueMs == 6001)
    }
}
