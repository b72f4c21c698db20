import Testing

@testable import Scheduling

/// What a slot knows of its host and of the steps on it, from one to the next.
@Suite struct FlightTests {
    private var dispatcher = Dispatcher(slotCount: 2, backpressure: .init(queueDepth: 40, resumeDepth: 20))

    private mutating func begin(_ slot: Int) -> [UInt64] {
        guard case .run(let step, let ahead, _) = dispatcher.next(for: slot, at: time(0)) else { return [] }
        return ([step] + ahead).map(\.token)
    }

    private mutating func admit(_ partitions: [Int32]) throws {
        for (index, partition) in partitions.enumerated() {
            _ = dispatcher.admit(try step(partition: partition, offset: Int64(index), token: UInt64(index) + 1))
        }
    }

    /// The kill may come when the step that it was meant for has ended, and its host waits or has begun the next.
    @Test mutating func aHostThatIsEndedStaysSoUntilItIsReplaced() throws {
        try admit([1])
        #expect(begin(0) == [1])
        #expect(dispatcher.ending(slot: 0) == nil)
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [0])
        #expect(dispatcher.ending(slot: 0) == .givenUp)
        _ = dispatcher.finish(slot: 0, at: time(0))
        #expect(dispatcher.isHostEnded(slot: 0) && dispatcher.ending(slot: 0) == .givenUp)
        #expect(begin(0).isEmpty)
        guard case .idle(isHostEnded: true) = dispatcher.slots[0] else { return #expect(Bool(false)) }
        // It is woken for the next step, which is not to blame for the kill either, and is no other partition's.
        #expect(dispatcher.admit(try step(partition: 1, offset: 9, token: 9)) == [0])
        #expect(begin(0) == [9])
        #expect(dispatcher.ending(slot: 0) == .givenUp && !dispatcher.isHostEnded(slot: 1))
        #expect(dispatcher.putBack(slot: 0, at: time(0)).0 == .again(.counted))
        #expect(dispatcher.ending(slot: 0) == nil)
        guard case .starting(isHostEnded: false) = dispatcher.slots[0] else { return #expect(Bool(false)) }
    }

    @Test mutating func aHostThatIsReplacedWhileItIdlesIsNotEnded() throws {
        try admit([1])
        #expect(begin(0) == [1])
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [0])
        _ = dispatcher.finish(slot: 0, at: time(0))
        #expect(begin(0).isEmpty)
        _ = dispatcher.noteStarting(slot: 0)
        #expect(!dispatcher.isHostEnded(slot: 0))
    }

    /// It was written behind the step that the host was ended for, when the mark had been made: it is not meant.
    @Test mutating func aStepWrittenBehindAfterItsPartitionCameBackIsRunAgain() throws {
        try dispatcher.learn()
        try admit([1, 0])
        #expect(begin(0) == [1, 2])
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [0])
        _ = dispatcher.admit(try step(partition: 1, generation: 2, offset: 0, token: 3))
        let (more, _) = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], mayTakeMore: true, at: time(0))
        #expect(more.map(\.token) == [3])
        #expect(dispatcher.ending(slot: 0) == .givenUp)
        #expect(dispatcher.putBack(slot: 0, at: time(0)).0 == .again(.counted))
        #expect(dispatcher.takeAbandoned().isEmpty)
        #expect(dispatcher.queue.unplaced.map(\.token) == [2, 3])
    }

    @Test mutating func aVictimIsOneAndNotTheStepBehindIt() throws {
        for token in UInt64(1)...2 { _ = dispatcher.admit(try step(offset: Int64(token), token: token)) }
        #expect(begin(0) == [1] && begin(1) == [2])
        _ = dispatcher.demand(["a"], slot: 0)
        _ = dispatcher.demand(["b"], slot: 1)
        _ = dispatcher.demand(["a"], slot: 1)
        #expect(dispatcher.demand(["b"], slot: 0).deadlocks.map(\.victim.slot) == [1])
        #expect(dispatcher.ending(slot: 1) == .deadlock && dispatcher.ending(slot: 0) == nil)
        // That the node ends its host is another matter: what comes of the step is decided by both.
        #expect(!dispatcher.isHostEnded(slot: 1))
        #expect(dispatcher.giveUpRunning(partitions: [0]) == [0, 1])
        #expect(dispatcher.ending(slot: 1) == .deadlock && dispatcher.isHostEnded(slot: 1))
        let (settled, wakes) = dispatcher.putBack(slot: 1, at: time(0))
        #expect(settled == .abandon && wakes.consumer && wakes.slots == [0])
        #expect(dispatcher.takeAbandoned().map(\.token) == [2])
        #expect(dispatcher.ending(slot: 1) == nil)
    }

    @Test mutating func whoAnswersThoughItIsAVictimLeavesThatToNobody() throws {
        try dispatcher.learn()
        _ = dispatcher.admit(try step(offset: 0, token: 1))
        #expect(begin(1) == [1])
        _ = dispatcher.admit([try step(offset: 1, token: 2), try step(offset: 2, token: 3)])
        #expect(begin(0) == [2, 3])
        for (lock, slot) in [("a", 1), ("b", 0), ("a", 0), ("b", 1)] { _ = dispatcher.demand([lock], slot: slot) }
        #expect(dispatcher.ending(slot: 0) == .deadlock)
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], at: time(0))
        #expect(dispatcher.slots.flight(of: 0)?.step.token == 3 && dispatcher.ending(slot: 0) == nil)
    }

    @Test mutating func whatIsWrittenAheadHasAPlaceThatNobodyElseGets() throws {
        dispatcher = Dispatcher(slotCount: 2, backpressure: .init(queueDepth: 4, resumeDepth: 1))
        try dispatcher.learn()
        try admit([0, 0, 0, 0])
        #expect(begin(0) == [1, 2, 3, 4])
        _ = dispatcher.admit(try step(offset: 4, token: 5))
        #expect(begin(1) == [5])
        _ = dispatcher.admit(try step(offset: 5, token: 6))
        _ = dispatcher.putBack(slot: 1, at: time(0))
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(dispatcher.depth == 4 && dispatcher.queue.unplaced.map(\.token) == [5])
        // One of those ahead begins: there is a place.
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], at: time(0))
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(dispatcher.depth == 4 && dispatcher.queue.unplaced.isEmpty)
    }

    @Test mutating func onlyWhatHasBeenTriedHasTheNextNumber() throws {
        for how in [Disposition.Again.counted, .uncounted, .alone, .counted] {
            if dispatcher.queue.isEmpty { try admit([0]) }
            guard case .run(let before, _, _) = dispatcher.next(for: 0, at: time(0)) else {
                return #expect(Bool(false))
            }
            #expect(dispatcher.putBack(slot: 0, .again(how), at: time(0)).0 == .again(how))
            #expect(dispatcher.queue[0].attempt == before.attempt + (how == .counted ? 1 : 0))
        }
    }

    @Test mutating func whoRunsAgainAloneHasNothingBehindItFromNowOn() throws {
        try dispatcher.learn()
        try admit([0, 0])
        #expect(begin(0) == [1, 2])
        #expect(dispatcher.putBack(slot: 0, .again(.alone), at: time(0)).0 == .again(.alone))
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(begin(0) == [1] && begin(1) == [2])
    }

    /// The consumer thread hears of what is abandoned from the slot that let go of it, until it has taken it.
    @Test mutating func whoAbandonsAStepWakesTheConsumer() throws {
        try dispatcher.learn()
        try admit([0, 1])
        #expect(begin(0) == [1, 2])
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [0])
        #expect(dispatcher.finish(slot: 0, .crash, at: time(0)).consumer)
        #expect(dispatcher.takeAbandoned().map(\.token) == [2])
        try admit([0])
        #expect(begin(1) == [1])
        #expect(!dispatcher.finish(slot: 1, at: time(0)).consumer)
        try admit([0])
        #expect(begin(1) == [1])
        dispatcher.isDrainAwaited = true
        #expect(dispatcher.finishAnswered(slot: 1, tookNanoseconds: [1], at: time(0)).1.consumer)
    }

    @Test mutating func whatIsAheadIsCountedHoweverASlotsStateEnds() throws {
        try dispatcher.learn()
        try admit([0, 0, 0])
        #expect(begin(0) == [1, 2, 3] && dispatcher.slots.aheadCount == 2)
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], at: time(0))
        #expect(dispatcher.slots.aheadCount == 1)
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1, 1, 1], at: time(0))
        #expect(dispatcher.slots.aheadCount == 0 && dispatcher.runningCount == 0)
        try admit([0, 0, 0])
        #expect(begin(0).count == 3)
        _ = dispatcher.noteStarting(slot: 0)
        #expect(dispatcher.slots.aheadCount == 0 && dispatcher.hasNothingToBegin)
    }
}
