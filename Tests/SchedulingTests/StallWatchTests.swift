import Testing

@testable import Scheduling

@Suite struct StallWatchTests {
    private var dispatcher = Dispatcher(slotCount: 2, backpressure: .init(queueDepth: 10, resumeDepth: 5))
    private var watch = StallWatch()

    @Test mutating func aWakeUpThatWasLostIsFound() throws {
        _ = dispatcher.next(for: 0, at: time(0))
        // Nobody passes the wake-up on.
        #expect(dispatcher.admit(try step(offset: 0)) == [0])
        let early = [0, 4999].map { watch.look(at: dispatcher, now: time($0)) != nil }
        #expect(early == [false, false])
        let look = watch.look(at: dispatcher, now: time(5000))
        let found = try #require(look)
        #expect(found.free.contains(0))
        #expect(found.depth == 1)
        #expect(found.quietMs == 5000)
    }

    @Test mutating func aStallIsToldOnceInAWhile() throws {
        _ = dispatcher.admit(try step(offset: 0))
        let found = [0, 5000, 6000, 9999, 10_000].map { watch.look(at: dispatcher, now: time($0)) != nil }
        #expect(found == [false, true, false, false, true])
    }

    @Test mutating func aNodeThatMovesIsLeftAlone() throws {
        for offset in Int64(0)..<8 { _ = dispatcher.admit(try step(offset: offset)) }
        for second in 0..<8 {
            _ = dispatcher.next(for: 0, at: time(second * 3000))
            let isStalled = watch.look(at: dispatcher, now: time(second * 3000)) != nil
            #expect(!isStalled)
            _ = dispatcher.finish(slot: 0, at: time(0))
        }
    }

    @Test mutating func anEmptyQueueIsNoStall() {
        _ = dispatcher.next(for: 0, at: time(0))
        let found = [0, 100_000].map { watch.look(at: dispatcher, now: time($0)) != nil }
        #expect(found == [false, false])
    }

    @Test mutating func waitingForALockThatARunningStepHoldsIsNoStall() throws {
        _ = dispatcher.admit(try step(offset: 0, locks: ["a"]))
        _ = dispatcher.admit(try step(offset: 1, locks: ["a"]))
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.next(for: 1, at: time(0))
        let found = [0, 5000, 10_000].map { watch.look(at: dispatcher, now: time($0)) != nil }
        #expect(found == [false, false, false])
    }

    @Test mutating func waitingThoughNothingRunsIsAStall() throws {
        dispatcher = Dispatcher(
            slotCount: 2, backpressure: .init(), resources: ResourceBudget(memoryMB: 512))
        _ = dispatcher.admit(try step(offset: 0))
        // Nobody will give it back.
        _ = dispatcher.observe(othersMB: 1, at: time(0))
        let found = [0, 5000].map { watch.look(at: dispatcher, now: time($0)) != nil }
        #expect(found == [false, true])
    }

    @Test mutating func aStepFarPastItsDeadlineIsOverdue() throws {
        _ = dispatcher.admit(try step(offset: 0))
        _ = dispatcher.next(for: 1, at: time(0))
        let isEarly = watch.look(at: dispatcher, now: time(11_000)) != nil
        #expect(!isEarly)
        let look = watch.look(at: dispatcher, now: time(11_001))
        let found = try #require(look)
        #expect(found.overdue.map(\.slot) == [1])
        #expect(found.overdue.first?.overdueMs == 6001)
    }
}
