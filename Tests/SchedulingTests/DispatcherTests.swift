import Messages
import Testing

@testable import Scheduling

@Suite struct DispatcherTests {
    private var dispatcher = Dispatcher(slotCount: 2, backpressure: .init(queueDepth: 4, resumeDepth: 2))

    private mutating func run(_ slot: Int) -> Int64? {
        if case .run(let step, _, _) = dispatcher.next(for: slot, at: time(0)) { step.coordinates.offset } else { nil }
    }

    @Test mutating func givesTheOldestStepToWhoeverAsks() throws {
        for offset in Int64(0)..<3 { _ = dispatcher.admit(try step(offset: offset)) }
        #expect(run(1) == 0)
        #expect(run(0) == 1)
        #expect(dispatcher.depth == 1)
        #expect(dispatcher.runningCount == 2)
    }

    @Test mutating func wakesAnIdleSlotOncePerStep() throws {
        #expect(run(0) == nil)
        #expect(run(1) == nil)
        #expect(dispatcher.admit(try step(offset: 0)) == [0])
        #expect(dispatcher.admit(try step(offset: 1)) == [1])
        #expect(dispatcher.admit(try step(offset: 2)) == [])
    }

    @Test mutating func namesAnotherSlotWhenTheWokenOneLostItsHost() throws {
        #expect(run(0) == nil)
        #expect(run(1) == nil)
        #expect(dispatcher.admit(try step(offset: 0)) == [0])
        #expect(dispatcher.noteStarting(slot: 0) == [1])
    }

    @Test mutating func wakesTheConsumerWhenAHeldQueueIsDownToTheResumeDepth() throws {
        for offset in Int64(0)..<4 { _ = dispatcher.admit(try step(offset: offset)) }
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(dispatcher.capacity == 0)
        guard case .run(_, _, let early) = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(!early.consumer)
        _ = dispatcher.finish(slot: 0, at: time(0))
        guard case .run(_, _, let due) = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(due.consumer)
    }

    @Test mutating func takesLocksAllAtOnceAndLetsOthersPass() throws {
        _ = dispatcher.admit(try step(offset: 0, locks: ["a", "b"]))
        _ = dispatcher.admit(try step(offset: 1, locks: ["b"]))
        _ = dispatcher.admit(try step(offset: 2))
        #expect(run(0) == 0)
        #expect(run(1) == 2)
        _ = dispatcher.finish(slot: 1, at: time(0))
        #expect(run(1) == nil)
        // Its locks come free: the slot that idles is named for the step that waited.
        #expect(dispatcher.finish(slot: 0, at: time(0)).slots == [1])
        #expect(run(1) == 1)
    }

    @Test mutating func dropsWhatIsQueuedOfPartitionsGivenUp() throws {
        _ = dispatcher.admit(try step(partition: 0, offset: 0))
        _ = dispatcher.admit(try step(partition: 1, offset: 0, token: 2))
        _ = dispatcher.admit(try step(partition: 0, offset: 1, token: 3))
        #expect(dispatcher.dropQueued(partitions: [0]).map(\.coordinates.offset) == [0, 1])
        #expect(dispatcher.depth == 1)
        #expect(dispatcher.heldCount == 1)
        #expect(run(0) == 0)
        #expect(dispatcher.giveUpRunning(partitions: [0]).isEmpty)
        #expect(dispatcher.giveUpRunning(partitions: [1]) == [0])
    }

    @Test mutating func whatIsInFlightBoundsWhatMayBeTaken() {
        dispatcher = Dispatcher(
            slotCount: 2, backpressure: .init(maxInFlight: 110, maxInFlightBytes: 1000))
        dispatcher.noteInFlight(InFlightLoad(count: 108, bytes: 0))
        #expect(dispatcher.capacity == 2)
        // What is told replaces what was told: there is nothing to keep in step with it.
        dispatcher.noteInFlight(InFlightLoad(count: 3, bytes: 1000))
        #expect(dispatcher.inFlight.count == 3)
        #expect(dispatcher.capacity == 50)
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(dispatcher.capacity == 0)
        dispatcher.noteInFlight(InFlightLoad(count: 2, bytes: 750))
        _ = dispatcher.updateBackpressure(at: time(1))
        #expect(dispatcher.capacity == 50)
    }

    @Test mutating func startsNothingOnceItStops() throws {
        _ = dispatcher.admit(try step(offset: 0))
        #expect(dispatcher.stop().count == 1)
        #expect(dispatcher.capacity == 0)
        guard case .stop = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        guard case .stop = dispatcher.next(for: 1, at: time(0)) else { return #expect(Bool(false)) }
        #expect(dispatcher.slots.allStopped)
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
        var dispatcher = Dispatcher(slotCount: 2, backpressure: .init())
        try dispatcher.learn()
        _ = dispatcher.admit(try step(offset: 0))
        guard case .run = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(dispatcher.noteOutput(isFull: true).isEmpty)
        #expect(dispatcher.admit(try step(offset: 1)).isEmpty)
        guard case .wait = dispatcher.next(for: 1, at: time(1)) else { return #expect(Bool(false)) }
        let (more, wakes) = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1], mayTakeMore: true, at: time(2))
        #expect(more.isEmpty && wakes.slots.isEmpty)
        guard case .wait = dispatcher.next(for: 0, at: time(2)) else { return #expect(Bool(false)) }
        // It is what brokers do not take, not a stall.
        var watch = StallWatch()
        #expect(watch.look(at: dispatcher, now: time(3)) == nil)
        #expect(watch.look(at: dispatcher, now: time(60_000)) == nil)
        #expect(dispatcher.noteOutput(isFull: false) == [0])
        #expect(dispatcher.noteOutput(isFull: false).isEmpty)
        guard case .run(let step, _, _) = dispatcher.next(for: 0, at: time(60_001)) else { return #expect(Bool(false)) }
        #expect(step.coordinates.offset == 1)
    }

    @Test mutating func aNodeThatStopsDoesNotWaitForRoom() throws {
        var dispatcher = Dispatcher(slotCount: 1, backpressure: .init())
        _ = dispatcher.noteOutput(isFull: true)
        _ = dispatcher.stop()
        guard case .stop = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
    }
}
