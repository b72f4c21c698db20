import Messages
import Testing

@testable import Scheduling

@Suite struct RunAgainTests {
    private var dispatcher = Dispatcher(slotCount: 2, backpressure: .init(queueDepth: 2, resumeDepth: 1))

    /// Two running steps, of which the second is the victim of a deadlock that has just closed.
    private mutating func deadlock(declared: [String] = []) throws -> Deadlock? {
        _ = dispatcher.admit(try step(offset: 0))
        _ = dispatcher.admit(try step(offset: 1, locks: declared))
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.next(for: 1, at: time(0))
        _ = dispatcher.demand(["a"], slot: 0)
        _ = dispatcher.demand(["b"], slot: 1)
        #expect(dispatcher.demand(["a"], slot: 1).answer == .waits)
        return dispatcher.demand(["b"], slot: 0).deadlocks.first
    }

    @Test mutating func theYoungestIsTheVictimWhoeverClosedTheCycle() throws {
        let deadlock = try #require(try deadlock())
        #expect(deadlock.cycle.map(\.slot) == [0, 1])
        #expect(deadlock.cycle.map(\.waitsFor) == [["b"], ["a"]])
        #expect(deadlock.victim.slot == 1)
        #expect(dispatcher.lockAnswer(slot: 1) == .isVictim)
        // Its locks come free with its end, not before: its host may still be at work.
        #expect(dispatcher.lockAnswer(slot: 0) == .waits)
        let (settled, wakes) = dispatcher.putBack(slot: 1, at: time(0))
        #expect(settled == .again(.counted) && wakes.slots == [0] && !wakes.consumer)
        #expect(dispatcher.lockAnswer(slot: 0) == .granted)
    }

    @Test mutating func theVictimIsRunAgainAsTheNextAttempt() throws {
        _ = try deadlock()
        _ = dispatcher.admit(try step(offset: 7))
        _ = dispatcher.putBack(slot: 1, at: time(0))
        // The place that is free may be promised to the consumer, until it asks again.
        #expect(dispatcher.depth == 1)
        #expect(dispatcher.capacity == 0)
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(dispatcher.depth == 2)
        guard case .run(let step, _, _) = dispatcher.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
        #expect(step.coordinates.offset == 1)
        #expect(step.attempt == 2)
        #expect(dispatcher.heldCount == 3)
    }

    @Test mutating func aFullQueueStaysAtItsBoundAndLosesNoVictim() throws {
        _ = try deadlock(declared: ["c"])
        _ = dispatcher.admit(try step(offset: 7))
        _ = dispatcher.admit(try step(offset: 8))
        _ = dispatcher.putBack(slot: 1, at: time(0))
        #expect(dispatcher.depth == 2)
        #expect(dispatcher.capacity == 0)
        var offsets: [Int64] = []
        for _ in 0..<3 {
            guard case .run(let step, _, _) = dispatcher.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
            offsets.append(step.coordinates.offset)
            #expect(dispatcher.depth <= 2)
            _ = dispatcher.finish(slot: 1, at: time(0))
        }
        #expect(offsets.sorted() == [1, 7, 8])
    }

    @Test mutating func aPlaceTheConsumerHasCountedOnIsNotTakenByWhatRunsAgain() throws {
        dispatcher = Dispatcher(slotCount: 2, backpressure: .init(queueDepth: 4, resumeDepth: 1))
        _ = try deadlock()
        for offset in Int64(7)...8 { _ = dispatcher.admit(try step(offset: offset)) }
        #expect(dispatcher.capacity == 2)
        // While the consumer reads records into the room it has asked for, a slot gives its step back.
        _ = dispatcher.admit(try step(offset: 9))
        _ = dispatcher.putBack(slot: 1, at: time(0))
        _ = dispatcher.admit(try step(offset: 10))
        #expect(dispatcher.depth == 4)
        #expect(dispatcher.queue.unplaced.map(\.coordinates.offset) == [1])
    }

    @Test mutating func aVictimThatRunsAgainTakesTheFirstPlaceThatIsFree() throws {
        _ = try deadlock(declared: ["c"])
        _ = dispatcher.admit(try step(offset: 7))
        _ = dispatcher.admit(try step(offset: 8))
        _ = dispatcher.putBack(slot: 1, at: time(0))
        // What it declared is taken by another: it has to wait.
        _ = dispatcher.demand(["c"], slot: 0)
        guard case .run(let step, _, _) = dispatcher.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
        #expect(step.coordinates.offset == 7)
        #expect(dispatcher.queue.unplaced.isEmpty)
        #expect(dispatcher.depth == 2)
        #expect(dispatcher.capacity == 0)
    }

    @Test mutating func aNodeThatStopsAbandonsTheVictim() throws {
        _ = try deadlock()
        _ = dispatcher.stop()
        let (settled, wakes) = dispatcher.putBack(slot: 1, at: time(0))
        #expect(settled == .abandon && wakes.consumer)
        #expect(dispatcher.takeAbandoned().map(\.coordinates.offset) == [1])
        #expect(dispatcher.heldCount == 1)
        guard case .stop = dispatcher.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
    }

    @Test mutating func aPartitionGivenUpTakesAlongItsVictimThatHasNoPlace() throws {
        _ = try deadlock()
        _ = dispatcher.admit(try step(partition: 1, offset: 7, token: 70))
        _ = dispatcher.admit(try step(partition: 1, offset: 8, token: 80))
        _ = dispatcher.putBack(slot: 1, at: time(0))
        #expect(dispatcher.dropQueued(partitions: [0]).map(\.coordinates.offset) == [1])
        #expect(dispatcher.queue.unplaced.isEmpty)
    }

    @Test mutating func aStepOfAPartitionGivenUpIsAbandonedAndAnotherOneOnItsHostRunsAgain() throws {
        _ = dispatcher.admit(try step(partition: 0, offset: 0, token: 1))
        _ = dispatcher.admit(try step(partition: 1, offset: 0, token: 2))
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.next(for: 1, at: time(0))
        #expect(dispatcher.giveUpRunning(partitions: [0]) == [0])
        #expect(dispatcher.isHostEnded(slot: 0) && !dispatcher.isHostEnded(slot: 1))
        #expect(dispatcher.putBack(slot: 0, at: time(1)).0 == .abandon)
        #expect(dispatcher.takeAbandoned().map(\.token) == [1])
        #expect(!dispatcher.isHostEnded(slot: 0))
        #expect(dispatcher.heldCount == 1)

        // A step that has ended by itself before its host was, and the next one on that host.
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [1])
        _ = dispatcher.finish(slot: 1, at: time(2))
        _ = dispatcher.admit(try step(partition: 2, offset: 0, token: 3))
        _ = dispatcher.next(for: 1, at: time(2))
        #expect(dispatcher.putBack(slot: 1, at: time(3)).0 == .again(.counted))
        guard case .run(let again, _, _) = dispatcher.next(for: 1, at: time(4)) else { return #expect(Bool(false)) }
        #expect(again.token == 3)
    }
}
