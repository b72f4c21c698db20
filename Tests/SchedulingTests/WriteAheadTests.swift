import Messages
import Testing

@testable import Scheduling

@Suite struct WriteAheadTests {
    private static let short: Int64 = 10_000
    private var dispatcher = Dispatcher(slotCount: 2, backpressure: .init(queueDepth: 40, resumeDepth: 20))

    /// A strategy has run so many steps of so many nanoseconds.
    private mutating func learn(_ strategy: Int = 0, steps: Int = 8, nanoseconds: Int64 = short) throws {
        try dispatcher.learn(strategy, steps: steps, nanoseconds: nanoseconds)
    }

    private mutating func admit(_ offsets: ClosedRange<Int64>) throws {
        _ = dispatcher.admit(try offsets.map { try step(offset: $0) })
    }

    /// The offsets of the step that the slot begins and of those behind it.
    private mutating func begin(_ slot: Int) -> [Int64] {
        guard case .run(let step, let ahead, _) = dispatcher.next(for: slot, at: time(0)) else { return [] }
        return ([step] + ahead).map(\.coordinates.offset)
    }

    @Test mutating func oneStepAtATimeUntilAStrategyHasShownItselfShort() throws {
        try learn(steps: 7)
        try admit(0...9)
        #expect(begin(0) == [0])
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [Self.short], at: time(0))
        #expect(begin(1) == Array(1...9))
    }

    @Test(arguments: [(10_000, 16), (62_500, 16), (200_000, 5), (400_000, 2), (600_000, 1), (20_000_000, 1)])
    func aMillisecondOfWorkIsUnderWayAtMostAndSixteenSteps(nanoseconds: Int64, steps: Int) throws {
        var tests = WriteAheadTests()
        try tests.learn(nanoseconds: nanoseconds)
        try tests.admit(0...30)
        #expect(tests.begin(0).count == steps)
    }

    @Test mutating func aSlowStepMakesItsStrategyRunStepByStepAgain() throws {
        try learn()
        try learn(steps: 1, nanoseconds: 20_000_000)
        try admit(0...9)
        #expect(begin(0) == [0])
    }

    @Test(arguments: [
        #","locks":["a"]"#, #","expires_at":"2030-01-01T00:00:00Z""#, #","type":"optimization""#,
        #","labels":{"long":"\#(String(repeating: "x", count: 4096))"}"#,
    ])
    func whatMustBeLookedAtWhenItBeginsIsNotWrittenAhead(more: String) throws {
        var tests = WriteAheadTests()
        try tests.learn()
        try tests.admit(0...1)
        let (member, locks) = more.contains("locks") ? ("", ["a"]) : (more, [])
        _ = tests.dispatcher.admit(try step(offset: 2, locks: locks, more: member))
        try tests.admit(3...4)
        #expect(tests.begin(0) == [0, 1])
    }

    @Test mutating func aStepOfAnExternalStrategyIsWrittenBehindItsOwnKindAlone() throws {
        dispatcher = Dispatcher(slotCount: 4, backpressure: .init(queueDepth: 40, resumeDepth: 20), external: [5, 6])
        for strategy in [0, 1, 5, 6] { try learn(strategy) }
        let strategies = [5, 5, 6, 6, 0, 1, 5, 0]
        _ = dispatcher.admit(try strategies.enumerated().map { try step(offset: Int64($0), strategy: $1) })
        #expect((0..<4).map { begin($0) } == [[0, 1], [2, 3], [4, 5], [6]])
    }

    @Test mutating func whatNeedsOtherLimitsOrIsLongIsNotWrittenAhead() throws {
        try learn()
        try learn(1, nanoseconds: 5_000_000)
        try admit(0...1)
        let less = ResourceLimits(cpuPercent: 80, memoryMB: 100, timeoutMs: 5000)
        _ = dispatcher.admit([try step(offset: 2, limits: less), try step(offset: 3, strategy: 1)])
        #expect(begin(0) == [0, 1])
        #expect(begin(1) == [2])
        #expect(dispatcher.finishAnswered(slot: 1, tookNanoseconds: [1], mayTakeMore: true, at: time(0)).0.isEmpty)
        #expect(begin(1) == [3])
    }

    @Test mutating func afterABadEndAStrategyRunsStepByStepForAHundredSteps() throws {
        try learn()
        try admit(0...1)
        #expect(begin(0) == [0, 1])
        _ = dispatcher.finish(slot: 0, .crash, at: time(0))
        var alone = 0
        for offset in stride(from: Int64(2), to: 400, by: 2) {
            try admit(offset...(offset + 1))
            guard begin(0).count == 1 else { break }
            alone += 1
            _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [Self.short], at: time(0))
            while !begin(1).isEmpty { _ = dispatcher.finish(slot: 1, .unknown, at: time(0)) }
        }
        #expect(alone == 100)
    }

    @Test func withOneSlotTooAStrategyThatEndsBadlyRunsStepByStep() throws {
        var throttle = Throttle(Throttle.Settings(), slotCount: 1)
        for _ in 0..<5 { _ = throttle.note(.crash, of: 0, at: time(0)) }
        #expect(!throttle.isReliable(0) && throttle.isReliable(1))
    }

    @Test mutating func aStepThatWasLostOnceRunsWithNoneBeforeIt() throws {
        try learn()
        _ = dispatcher.admit(try step(offset: 0))
        #expect(begin(0) == [0])
        _ = dispatcher.admit(try step(offset: 1))
        #expect(begin(1) == [1])
        // Both hosts are lost, and both steps are to be run again.
        for slot in 0...1 {
            #expect(dispatcher.putBack(slot: slot, at: time(0)).0 == .again(.counted))
        }
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(dispatcher.queue.unplaced.isEmpty)
        let first = begin(0)
        #expect(first.count == 1)
        #expect((first + begin(1)).sorted() == [0, 1])
    }

    @Test mutating func nothingIsWrittenBehindAStepThatMayHaveExpired() throws {
        try learn()
        _ = dispatcher.admit([try step(offset: 0, more: #","expires_at":"2020-01-01T00:00:00Z""#), try step(offset: 1)])
        #expect(begin(0) == [0])
        #expect(begin(1) == [1])
    }

    @Test mutating func whoWaitsForALockOrItsShareIsPassedAndWhoWaitsForMemoryIsNot() throws {
        try learn()
        _ = dispatcher.admit([
            try step(offset: 0, locks: ["a"]), try step(offset: 1, locks: ["a"]), try step(offset: 2),
        ])
        #expect(begin(0) == [0, 2])
        dispatcher = Dispatcher(
            slotCount: 2, backpressure: .init(queueDepth: 40, resumeDepth: 20),
            resources: ResourceBudget(memoryMB: 1000))
        try learn()
        let small = ResourceLimits(cpuPercent: 80, memoryMB: 100, timeoutMs: 5000)
        let large = ResourceLimits(cpuPercent: 80, memoryMB: 950, timeoutMs: 5000)
        _ = dispatcher.admit([
            try step(offset: 0, limits: small), try step(offset: 1, limits: large), try step(offset: 2, limits: small),
        ])
        #expect(begin(0) == [0])
    }

    @Test mutating func aStepThatWasWrittenBeforeItsStrategyWasSuspendedIsNoProbe() throws {
        var breaker = CircuitBreaker.Settings()
        breaker.isEnabled = true
        breaker.crashes = 1
        dispatcher = Dispatcher(
            slotCount: 2, backpressure: .init(queueDepth: 40, resumeDepth: 20), circuitBreaker: breaker)
        try learn()
        let less = ResourceLimits(cpuPercent: 80, memoryMB: 100, timeoutMs: 5000)
        try admit(0...1)
        _ = dispatcher.admit([try step(offset: 2, limits: less)])
        #expect(begin(0) == [0, 1])
        #expect(begin(1) == [2])
        _ = dispatcher.finish(slot: 1, .crash, at: time(0))
        #expect(dispatcher.admission.circuitBreaker.isSuspended(0))
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1, 1], at: time(1))
        #expect(dispatcher.admission.circuitBreaker.isSuspended(0))
    }

    @Test mutating func aStrategyThatHasLostSlotsRunsStepByStep() throws {
        try learn()
        dispatcher.noteDisturbance(by: 0, at: time(0))
        try admit(0...3)
        #expect(begin(0) == [0])
    }

    @Test mutating func aStrategyThatTakesLocksWhileItRunsHasNothingBehindItAndIsBehindNothing() throws {
        try learn()
        try learn(1)
        _ = dispatcher.admit([try step(offset: 0), try step(offset: 1, strategy: 1), try step(offset: 2)])
        #expect(begin(0) == [0, 1, 2])
        _ = dispatcher.admit(try step(offset: 9, strategy: 1))
        #expect(begin(1) == [9])
        #expect(dispatcher.demand(["a"], slot: 1).answer == .granted)
        _ = dispatcher.finish(slot: 1, .good, at: time(0))
        try learn(1)
        _ = dispatcher.admit([try step(offset: 3, strategy: 1), try step(offset: 4), try step(offset: 5, strategy: 1)])
        #expect(begin(1) == [3])
        _ = dispatcher.finish(slot: 1, .good, at: time(0))
        #expect(begin(1) == [4])
    }

    @Test mutating func whatIsWrittenAheadCountsInTheQueueDepthUntilItBegins() throws {
        try learn()
        try admit(0...30)
        #expect(begin(0).count == 16)
        #expect(dispatcher.depth == 30)
        #expect(dispatcher.capacity == 10)
        #expect(dispatcher.runningCount == 1)
        guard case .queued = dispatcher.place(of: 2) else { return #expect(Bool(false)) }
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1, 1, 1], at: time(0))
        #expect(dispatcher.depth == 27)
        guard case .running(slot: 0) = dispatcher.place(of: 4) else { return #expect(Bool(false)) }
    }

    @Test mutating func theConsumerIsWokenByTheStepThatBringsAHeldQueueDown() throws {
        try learn()
        try admit(0...39)
        _ = dispatcher.updateBackpressure(at: time(0))
        _ = begin(0)
        #expect(dispatcher.depth == 39)
        #expect(!dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], at: time(0)).1.consumer)
        _ = begin(1)
        #expect(dispatcher.depth == 37)
        let times = Array(repeating: Int64(1), count: 14)
        #expect(!dispatcher.finishAnswered(slot: 0, tookNanoseconds: times, at: time(0)).1.consumer)
        #expect(dispatcher.finishAnswered(slot: 1, tookNanoseconds: [1, 1, 1, 1], at: time(0)).1.consumer)
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(!dispatcher.finishAnswered(slot: 1, tookNanoseconds: [1], at: time(0)).1.consumer)
    }

    @Test mutating func aLostHostCostsOnlyTheStepItRanAndTheOthersKeepTheirOrder() throws {
        try learn()
        try admit(0...5)
        #expect(begin(0) == [0, 1, 2, 3, 4, 5])
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], at: time(0))
        _ = dispatcher.finish(slot: 0, .crash, at: time(0))
        #expect(dispatcher.queue.count == 4 && dispatcher.heldCount == 4)
        var offsets: [Int64] = []
        for _ in 0..<4 {
            offsets += begin(1)
            _ = dispatcher.finish(slot: 1, at: time(0))
        }
        #expect(offsets == [2, 3, 4, 5])
    }

    @Test mutating func aNodeThatStopsLetsWhatIsWrittenAheadEnd() throws {
        try learn()
        try admit(0...2)
        #expect(begin(0) == [0, 1, 2])
        #expect(dispatcher.stop().isEmpty)
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], at: time(0))
        #expect(dispatcher.runningCount == 1)
        // Its host is lost: what has not begun is not run here any more.
        _ = dispatcher.finish(slot: 0, .crash, at: time(0))
        #expect(dispatcher.takeAbandoned().map(\.coordinates.offset) == [2])
        #expect(dispatcher.takeAbandoned().isEmpty)
        #expect(dispatcher.heldCount == 0)
        guard case .stop = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
    }

    @Test mutating func aPartitionThatIsGivenUpTakesItsStepsFromBehindOthers() throws {
        try learn()
        _ = dispatcher.admit([
            try step(partition: 0, offset: 0, token: 1), try step(partition: 1, offset: 1, token: 2),
            try step(partition: 0, offset: 2, token: 3),
        ])
        #expect(begin(0) == [0, 1, 2])
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [0])
        #expect(dispatcher.putBack(slot: 0, at: time(0)).0 == .again(.counted))
        #expect(dispatcher.takeAbandoned().map(\.token) == [2])
        #expect(dispatcher.heldCount == 2)
        #expect(dispatcher.queue.unplaced.map(\.token) == [1, 3])
    }

    @Test mutating func partitionsGivenUpOneAfterTheOtherTakeTheirStepsAlong() throws {
        try learn()
        _ = dispatcher.admit([try step(partition: 0, offset: 0, token: 1), try step(partition: 1, offset: 1, token: 2)])
        #expect(begin(0) == [0, 1])
        #expect(dispatcher.giveUpRunning(partitions: [0]) == [0])
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [0])
        #expect(dispatcher.putBack(slot: 0, at: time(0)).0 == .abandon)
        #expect(dispatcher.takeAbandoned().map(\.token) == [1, 2])
        #expect(dispatcher.heldCount == 0)
    }

    @Test mutating func whatCameBackFromALostHostGoesWithItsPartition() throws {
        try learn()
        _ = dispatcher.admit([try step(partition: 0, offset: 0, token: 1), try step(partition: 1, offset: 1, token: 2)])
        #expect(begin(0) == [0, 1])
        #expect(dispatcher.dropQueued(partitions: [1]).isEmpty)
        _ = dispatcher.finish(slot: 0, .crash, at: time(0))
        #expect(dispatcher.giveUpRunning(partitions: [1]).isEmpty)
        #expect(dispatcher.dropQueued(partitions: [1]).map(\.token) == [2])
        #expect(begin(1).isEmpty)
    }

    @Test mutating func oneSlotIsWokenAndWakesTheNextWhereSomethingIsLeft() throws {
        try learn()
        #expect(begin(0).isEmpty && begin(1).isEmpty)
        #expect(dispatcher.admit(try (0...9).map { try step(offset: $0) }) == [0])
        // It takes all of them, so that nobody else is needed.
        #expect(dispatcher.next(for: 0, at: time(0)).wakes.slots.isEmpty && dispatcher.depth == 9)
        #expect(dispatcher.admit(try (10...39).map { try step(offset: $0) }) == [1])
        #expect(dispatcher.next(for: 1, at: time(0)).wakes.slots.isEmpty)
    }

    @Test mutating func aLockThatComesFreeWakesAnIdleSlotThoughItsOwnHasMore() throws {
        try learn()
        _ = dispatcher.admit([
            try step(offset: 0, locks: ["a"]), try step(offset: 1), try step(offset: 2),
            try step(offset: 3, locks: ["a"]),
        ])
        #expect(begin(0) == [0, 1, 2])
        #expect(begin(1).isEmpty)
        #expect(dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], at: time(0)).1.slots == [1])
        #expect(begin(1) == [3])
    }

    @Test mutating func stepsThatAreNotShortWakeOneSlotAfterTheOther() throws {
        #expect(begin(0).isEmpty && begin(1).isEmpty)
        #expect(dispatcher.admit(try (0...2).map { try step(offset: $0) }) == [0])
        guard case .run(_, _, let wakes) = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(wakes.slots == [1])
    }
}
