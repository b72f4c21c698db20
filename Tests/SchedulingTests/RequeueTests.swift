import Messages
import Testing

@testable import Scheduling

@Suite struct RequeueTests {
    private var manager = ConcurrencyManager(slotCount: 2, backpressure: .init(queueDepth: 2, resumeDepth: 1))

    /// Two running steps, of which the second is the victim of a deadlock that has just closed.
    private mutating func deadlock(declared: [String] = []) throws -> Deadlock? {
        _ = manager.admit(try step(offset: 0))
        _ = manager.admit(try step(offset: 1, locks: declared))
        _ = manager.next(for: 0, at: time(0))
        _ = manager.next(for: 1, at: time(0))
        _ = manager.demand(["a"], slot: 0)
        _ = manager.demand(["b"], slot: 1)
        #expect(manager.demand(["a"], slot: 1).answer == .waits)
        return manager.demand(["b"], slot: 0).deadlocks.first
    }

    @Test mutating func theYoungestIsTheVictimWhoeverClosedTheCycle() throws {
        let deadlock = try #require(try deadlock())
        #expect(deadlock.cycle.map(\.slot) == [0, 1])
        #expect(deadlock.cycle.map(\.waitsFor) == [["b"], ["a"]])
        #expect(deadlock.victim.slot == 1)
        #expect(manager.lockAnswer(slot: 1) == .isVictim)
        // Its locks come free with its end, not before: its host may still be at work.
        #expect(manager.lockAnswer(slot: 0) == .waits)
        guard case .queued(let woken) = manager.requeue(slot: 1, at: time(0)) else { return #expect(Bool(false)) }
        #expect(woken == [0])
        #expect(manager.lockAnswer(slot: 0) == .granted)
    }

    @Test mutating func theVictimIsRunAgainAsTheNextAttempt() throws {
        _ = try deadlock()
        _ = manager.admit(try step(offset: 7))
        _ = manager.requeue(slot: 1, at: time(0))
        // The place that is free may be promised to the consumer, until it asks again.
        #expect(manager.depth == 1)
        #expect(manager.capacity == 0)
        _ = manager.updateBackpressure(at: time(0))
        #expect(manager.depth == 2)
        guard case .run(let step, _, _) = manager.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
        #expect(step.coordinates.offset == 1)
        #expect(step.attempt == 2)
        #expect(manager.heldCount == 3)
    }

    @Test mutating func aFullQueueStaysAtItsBoundAndLosesNoVictim() throws {
        _ = try deadlock(declared: ["c"])
        _ = manager.admit(try step(offset: 7))
        _ = manager.admit(try step(offset: 8))
        _ = manager.requeue(slot: 1, at: time(0))
        #expect(manager.depth == 2)
        #expect(manager.capacity == 0)
        var offsets: [Int64] = []
        for _ in 0..<3 {
            guard case .run(let step, _, _) = manager.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
            offsets.append(step.coordinates.offset)
            #expect(manager.depth <= 2)
            _ = manager.finish(slot: 1, at: time(0))
        }
        #expect(offsets.sorted() == [1, 7, 8])
    }

    @Test mutating func aPlaceTheConsumerHasCountedOnIsNotTakenByWhatRunsAgain() throws {
        manager = ConcurrencyManager(slotCount: 2, backpressure: .init(queueDepth: 4, resumeDepth: 1))
        _ = try deadlock()
        for offset in Int64(7)...8 { _ = manager.admit(try step(offset: offset)) }
        #expect(manager.capacity == 2)
        // While the consumer reads records into the room it has asked for, a slot gives its step back.
        _ = manager.admit(try step(offset: 9))
        _ = manager.requeue(slot: 1, at: time(0))
        _ = manager.admit(try step(offset: 10))
        #expect(manager.depth == 4)
        #expect(manager.displaced.map(\.coordinates.offset) == [1])
    }

    @Test mutating func aDisplacedVictimTakesTheFirstPlaceThatIsFree() throws {
        _ = try deadlock(declared: ["c"])
        _ = manager.admit(try step(offset: 7))
        _ = manager.admit(try step(offset: 8))
        _ = manager.requeue(slot: 1, at: time(0))
        // What it declared is taken by another: it has to wait.
        _ = manager.demand(["c"], slot: 0)
        guard case .run(let step, _, _) = manager.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
        #expect(step.coordinates.offset == 7)
        #expect(manager.displaced.isEmpty)
        #expect(manager.depth == 2)
        #expect(manager.capacity == 0)
    }

    @Test mutating func aNodeThatStopsGivesTheVictimBack() throws {
        _ = try deadlock()
        _ = manager.stop()
        guard case .givenBack(let step, _) = manager.requeue(slot: 1, at: time(0)) else { return #expect(Bool(false)) }
        #expect(step.coordinates.offset == 1)
        #expect(manager.heldCount == 1)
        guard case .stop = manager.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
    }

    @Test mutating func aPartitionGivenUpTakesItsDisplacedVictimAlong() throws {
        _ = try deadlock()
        _ = manager.admit(try step(partition: 1, offset: 7, token: 70))
        _ = manager.admit(try step(partition: 1, offset: 8, token: 80))
        _ = manager.requeue(slot: 1, at: time(0))
        #expect(manager.dropQueued(partitions: [0]).map(\.coordinates.offset) == [1])
        #expect(manager.displaced.isEmpty)
    }

    @Test mutating func aStepOfAPartitionGivenUpIsGivenBackAndAnotherOneOnItsHostRunsAgain() throws {
        _ = manager.admit(try step(partition: 0, offset: 0, token: 1))
        _ = manager.admit(try step(partition: 1, offset: 0, token: 2))
        _ = manager.next(for: 0, at: time(0))
        _ = manager.next(for: 1, at: time(0))
        #expect(manager.giveUpRunning(partitions: [0]) == [0])
        #expect(manager.isEnded(slot: 0) && !manager.isEnded(slot: 1))
        guard case .givenBack(let given, _) = manager.requeue(slot: 0, at: time(1)) else { return #expect(Bool(false)) }
        #expect(given.token == 1)
        #expect(!manager.isEnded(slot: 0))
        #expect(manager.heldCount == 1)

        // A step that has ended by itself before its host was, and the next one on that host.
        #expect(manager.giveUpRunning(partitions: [1]) == [1])
        _ = manager.finish(slot: 1, at: time(2))
        _ = manager.admit(try step(partition: 2, offset: 0, token: 3))
        _ = manager.next(for: 1, at: time(2))
        guard case .queued = manager.requeue(slot: 1, at: time(3)) else { return #expect(Bool(false)) }
        guard case .run(let again, _, _) = manager.next(for: 1, at: time(4)) else { return #expect(Bool(false)) }
        #expect(again.token == 3)
    }
}
