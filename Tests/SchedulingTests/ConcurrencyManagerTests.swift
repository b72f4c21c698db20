import Messages
import Testing

@testable import Scheduling

@Suite struct ConcurrencyManagerTests {
    private var manager = ConcurrencyManager(slotCount: 2, backpressure: .init(queueDepth: 4, resumeDepth: 2))

    private mutating func run(_ slot: Int) -> Int64? {
        if case .run(let step, _, _) = manager.next(for: slot, at: time(0)) { step.coordinates.offset } else { nil }
    }

    @Test mutating func givesTheOldestStepToWhoeverAsks() throws {
        for offset in Int64(0)..<3 { _ = manager.admit(try step(offset: offset)) }
        #expect(run(1) == 0)
        #expect(run(0) == 1)
        #expect(manager.depth == 1)
        #expect(manager.runningCount == 2)
    }

    @Test mutating func wakesAnIdleSlotOncePerStep() throws {
        #expect(run(0) == nil)
        #expect(run(1) == nil)
        #expect(manager.admit(try step(offset: 0)) == [0])
        #expect(manager.admit(try step(offset: 1)) == [1])
        #expect(manager.admit(try step(offset: 2)) == [])
    }

    @Test mutating func namesAnotherSlotWhenTheWokenOneLostItsHost() throws {
        #expect(run(0) == nil)
        #expect(run(1) == nil)
        #expect(manager.admit(try step(offset: 0)) == [0])
        #expect(manager.noteStarting(slot: 0) == [1])
    }

    @Test mutating func wakesTheConsumerWhenAHeldQueueIsDownToTheResumeDepth() throws {
        for offset in Int64(0)..<4 { _ = manager.admit(try step(offset: offset)) }
        _ = manager.updateBackpressure(at: time(0))
        #expect(manager.capacity == 0)
        guard case .run(_, _, let early) = manager.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(!early.consumer)
        _ = manager.finish(slot: 0, at: time(0))
        guard case .run(_, _, let due) = manager.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(due.consumer)
    }

    @Test mutating func takesLocksAllAtOnceAndLetsOthersPass() throws {
        _ = manager.admit(try step(offset: 0, locks: ["a", "b"]))
        _ = manager.admit(try step(offset: 1, locks: ["b"]))
        _ = manager.admit(try step(offset: 2))
        #expect(run(0) == 0)
        #expect(run(1) == 2)
        _ = manager.finish(slot: 1, at: time(0))
        #expect(run(1) == nil)
        // Its locks come free: the slot that idles is named for the step that waited.
        #expect(manager.finish(slot: 0, at: time(0)) == [1])
        #expect(run(1) == 1)
    }

    @Test mutating func dropsWhatIsQueuedOfPartitionsGivenUp() throws {
        _ = manager.admit(try step(partition: 0, offset: 0))
        _ = manager.admit(try step(partition: 1, offset: 0, token: 2))
        _ = manager.admit(try step(partition: 0, offset: 1, token: 3))
        #expect(manager.dropQueued(partitions: [0]).map(\.coordinates.offset) == [0, 1])
        #expect(manager.depth == 1)
        #expect(manager.heldCount == 1)
        #expect(run(0) == 0)
        #expect(manager.giveUpRunning(partitions: [0]).isEmpty)
        #expect(manager.giveUpRunning(partitions: [1]) == [0])
    }

    @Test mutating func whatIsInFlightBoundsWhatMayBeTaken() {
        manager = ConcurrencyManager(
            slotCount: 2, backpressure: .init(maxInFlight: 110, maxInFlightBytes: 1000))
        manager.noteInFlight(InFlightLoad(count: 108, bytes: 0))
        #expect(manager.capacity == 2)
        // What is told replaces what was told: there is nothing to keep in step with it.
        manager.noteInFlight(InFlightLoad(count: 3, bytes: 1000))
        #expect(manager.inFlight.count == 3)
        #expect(manager.capacity == 50)
        _ = manager.updateBackpressure(at: time(0))
        #expect(manager.capacity == 0)
        manager.noteInFlight(InFlightLoad(count: 2, bytes: 750))
        _ = manager.updateBackpressure(at: time(1))
        #expect(manager.capacity == 50)
    }

    @Test mutating func startsNothingOnceItStops() throws {
        _ = manager.admit(try step(offset: 0))
        #expect(manager.stop().count == 1)
        #expect(manager.capacity == 0)
        guard case .stop = manager.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        guard case .stop = manager.next(for: 1, at: time(0)) else { return #expect(Bool(false)) }
        #expect(manager.allStopped)
    }
}

@Suite struct ResourceLimitsTests {
    private let ceilings = ResourceLimits(cpuPercent: 80, memoryMB: 512, timeoutMs: 5000)

    @Test func aRequestMayAskForLess() throws {
        let lowered = try ceilings.lowered(to: RequestedLimits(memoryMB: 64))
        #expect(lowered == ResourceLimits(cpuPercent: 80, memoryMB: 64, timeoutMs: 5000))
    }

    @Test func aRequestForMoreIsRefusedWithTheCeiling() {
        #expect { try ceilings.lowered(to: RequestedLimits(timeoutMs: 5001)) } throws: {
            ($0 as? RequestProblem)?.message == "limits.timeout_ms is 5001, this node allows at most 5000"
        }
    }
}

@Suite struct RetryPolicyTests {
    @Test func doublesUpToTheCeilingAndEnds() {
        let policy = RetryPolicy(maximumAttempts: 5, firstDelayMs: 10, maximumDelayMs: 50)
        #expect((1...5).map { policy.delayMs(afterAttempt: $0) } == [10, 20, 40, 50, nil])
    }

    @Test mutating func whileResultsFindNoRoomNoStepBegins() throws {
        var manager = ConcurrencyManager(slotCount: 2, backpressure: .init())
        for strategy in 0..<8 { manager.serviceTimes.note(strategy, nanoseconds: 10_000) }
        _ = manager.admit(try step(offset: 0))
        guard case .run = manager.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(manager.noteOutput(isFull: true).isEmpty)
        #expect(manager.admit(try step(offset: 1)).isEmpty)
        guard case .wait = manager.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
        let (more, wakes) = manager.finishAnswered(slot: 0, tookNanoseconds: [1], mayTakeMore: true, at: time(2))
        #expect(more.isEmpty && wakes.slots.isEmpty)
        guard case .wait = manager.next(for: 0, at: time(2)) else { return #expect(Bool(false)) }
        // It is what brokers do not take, not a stall.
        var watch = StallWatch()
        #expect(watch.look(at: manager, now: time(3)) == nil)
        #expect(watch.look(at: manager, now: time(60_000)) == nil)
        #expect(manager.noteOutput(isFull: false) == [0])
        #expect(manager.noteOutput(isFull: false).isEmpty)
        guard case .run(let step, _, _) = manager.next(for: 0, at: time(60_001)) else { return #expect(Bool(false)) }
        #expect(step.coordinates.offset == 1)
    }

    @Test mutating func aNodeThatStopsDoesNotWaitForRoom() throws {
        var manager = ConcurrencyManager(slotCount: 1, backpressure: .init())
        _ = manager.noteOutput(isFull: true)
        _ = manager.stop()
        guard case .stop = manager.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
    }
}
