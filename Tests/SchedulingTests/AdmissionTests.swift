import Messages
import Testing

@testable import Scheduling

@Suite struct AdmissionTests {
    private func dispatcher(
        slots: Int = 4, memoryMB: Int = 1000, cpuPercent: Int? = nil, queueDepth: Int = 100
    ) -> Dispatcher {
        Dispatcher(
            slotCount: slots, backpressure: .init(queueDepth: queueDepth, resumeDepth: queueDepth / 2),
            resources: ResourceBudget(memoryMB: memoryMB, cpuPercent: cpuPercent))
    }

    private func sized(_ offset: Int64, memoryMB: Int = 10, cpuPercent: Int = 10, partition: Int32 = 0) throws -> Step {
        try step(
            partition: partition, offset: offset,
            limits: ResourceLimits(cpuPercent: cpuPercent, memoryMB: memoryMB, timeoutMs: 5000))
    }

    private func begin(_ slot: Int, _ dispatcher: inout Dispatcher) -> Int64? {
        if case .run(let step, _, _) = dispatcher.next(for: slot, at: time(0)) { step.coordinates.offset } else { nil }
    }

    @Test func aStepThatDoesNotFitWaitsAndOthersPassIt() throws {
        var dispatcher = dispatcher()
        for (offset, memory) in [600, 600, 300].enumerated() {
            _ = dispatcher.admit(try sized(Int64(offset), memoryMB: memory))
        }
        #expect((0..<3).map { begin($0, &dispatcher) } == [0, 2, nil])
        #expect(dispatcher.waiting == [.memory: 1])
        // What ends makes room, and a slot that idles is woken for it.
        #expect(dispatcher.finish(slot: 0, at: time(0)).slots == [2])
        #expect(begin(2, &dispatcher) == 1)
    }

    @Test func theProcessorsOfTheNodeAreABoundWhereOneIsSet() throws {
        var bounded = dispatcher(cpuPercent: 150)
        var unbounded = dispatcher()
        for offset in Int64(0)..<3 {
            _ = bounded.admit(try sized(offset, cpuPercent: 80))
            _ = unbounded.admit(try sized(offset, cpuPercent: 80))
        }
        #expect((0..<3).map { begin($0, &bounded) } == [0, nil, nil])
        #expect((0..<3).map { begin($0, &unbounded) } == [0, 1, 2])
        #expect(bounded.waiting == [.cpu: 2])
    }

    @Test func memoryThatOthersHoldCannotBeGiven() throws {
        var dispatcher = dispatcher()
        _ = dispatcher.observe(othersMB: 500, at: time(0))
        _ = dispatcher.admit(try sized(0, memoryMB: 501))
        #expect(begin(0, &dispatcher) == nil)
        // It is woken when the memory is there.
        #expect(dispatcher.observe(othersMB: 499, at: time(0)) == [0])
        #expect(begin(0, &dispatcher) == 0)
    }

    @Test func aStepIsPassedSoOftenAndNotOnceMore() throws {
        var dispatcher = dispatcher(slots: 2)
        _ = dispatcher.admit(try sized(0, memoryMB: 100))
        #expect(begin(0, &dispatcher) == 0)
        _ = dispatcher.admit(try sized(1, memoryMB: 950))
        for offset in Int64(2)..<Int64(2 + Admission.maximumPasses) {
            _ = dispatcher.admit(try sized(offset))
            #expect(begin(1, &dispatcher) == offset)
            _ = dispatcher.finish(slot: 1, at: time(0))
        }
        _ = dispatcher.admit(try sized(1000))
        #expect(begin(1, &dispatcher) == nil)
        _ = dispatcher.finish(slot: 0, at: time(0))
        #expect(begin(0, &dispatcher) == 1)
        #expect(begin(1, &dispatcher) == 1000)
    }

    /// One of the two locks is always held: each step of a stream begins before that of the other ends.
    @Test func twoStreamsOfStepsWithALockEachDoNotKeepOutTheStepThatNeedsBoth() throws {
        var dispatcher = dispatcher(slots: 3, memoryMB: 10_000)
        _ = dispatcher.admit(try step(offset: 0, locks: ["a"]))
        #expect(begin(0, &dispatcher) == 0)
        _ = dispatcher.admit(try step(offset: 1, locks: ["a", "b"]))
        var next: Int64 = 2
        var slots = [0, 1]
        var passes = 0
        while passes <= Admission.maximumPasses {
            _ = dispatcher.admit(try step(offset: next, locks: [next.isMultiple(of: 2) ? "b" : "a"]))
            next += 1
            guard begin(slots[1], &dispatcher) != nil else { break }
            passes += 1
            _ = dispatcher.finish(slot: slots[0], at: time(0))
            slots.swapAt(0, 1)
        }
        #expect(passes == Admission.maximumPasses)
        #expect(dispatcher.waiting == [.lock: 2])
        // What needs neither goes on.
        _ = dispatcher.admit(try step(offset: next, locks: ["c"]))
        #expect(begin(2, &dispatcher) == next)
        _ = dispatcher.finish(slot: slots[0], at: time(0))
        #expect(begin(slots[0], &dispatcher) == 1)
        _ = dispatcher.finish(slot: slots[0], at: time(0))
        #expect(begin(slots[0], &dispatcher) == next - 1)
    }

    /// What asks for locks only while it runs is kept from beginning, too; what runs already never waits for the queue.
    @Test func stepsThatAskForLocksWhileTheyRunDoNotKeepOutTheOneThatDeclaresThem() throws {
        var dispatcher = dispatcher(slots: 3, memoryMB: 10_000)
        _ = dispatcher.admit(try step(offset: 0, strategy: 1))
        #expect(begin(0, &dispatcher) == 0)
        #expect(dispatcher.demand(["a"], slot: 0).answer == .granted)
        _ = dispatcher.admit(try step(offset: 1, strategy: 2, locks: ["a", "b"]))
        var slots = [0, 1]
        for offset in Int64(2)..<Int64(1 + Admission.maximumPasses) {
            _ = dispatcher.admit(try step(offset: offset, strategy: 1))
            #expect(begin(slots[1], &dispatcher) == offset)
            #expect(dispatcher.demand([offset.isMultiple(of: 2) ? "b" : "a"], slot: slots[1]).answer == .granted)
            _ = dispatcher.finish(slot: slots[0], at: time(0))
            slots.swapAt(0, 1)
        }
        #expect(dispatcher.demand(["c", "a"], slot: slots[0]).answer == .granted)
        _ = dispatcher.admit(try step(offset: 1000, strategy: 1))
        _ = dispatcher.admit(try step(offset: 1001, strategy: 3))
        #expect(begin(2, &dispatcher) == 1001)
        #expect(dispatcher.demand(["b"], slot: slots[0]).answer == .granted)
        _ = dispatcher.finish(slot: slots[0], at: time(0))
        #expect(begin(slots[0], &dispatcher) == 1)
        #expect(begin(slots[1], &dispatcher) == 1000)
    }

    @Test func nobodyIsKeptWaitingForWhatNobodyHolds() throws {
        var dispatcher = dispatcher(slots: 2)
        _ = dispatcher.observe(othersMB: 900, at: time(0))
        _ = dispatcher.admit(try sized(0, memoryMB: 500))
        for offset in Int64(1)...200 {
            _ = dispatcher.admit(try sized(offset))
            #expect(begin(1, &dispatcher) == offset)
            _ = dispatcher.finish(slot: 1, at: time(0))
        }
    }

    @Test func stepsThatWaitHoldTheirPartitionsAtHalfTheQueue() throws {
        var dispatcher = dispatcher(queueDepth: 20)
        _ = dispatcher.observe(othersMB: 1000, at: time(0))
        var taken = 0
        while dispatcher.partitionsToHold().isEmpty, dispatcher.capacity > 0 {
            _ = dispatcher.admit(try sized(Int64(taken), partition: 3))
            taken += 1
        }
        #expect(taken == 10)
        #expect(dispatcher.partitionsToHold() == [3])
        // What comes from elsewhere may be able to run; it is looked at one by one.
        #expect(dispatcher.capacity == 1)
        _ = dispatcher.observe(othersMB: 0, at: time(0))
        guard case .run(_, _, let wakes) = dispatcher.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(wakes.consumer)
        #expect(dispatcher.partitionsToHold().isEmpty)
    }

    @Test func whatCouldNeverFitIsRefused() {
        let budget = ResourceBudget(memoryMB: 100, cpuPercent: 50)
        #expect(throws: Never.self) {
            try budget.check(ResourceLimits(cpuPercent: 50, memoryMB: 100, timeoutMs: 1))
        }
        #expect { try budget.check(ResourceLimits(cpuPercent: 50, memoryMB: 101, timeoutMs: 1)) } throws: {
            ($0 as? RequestProblem)?.message
                == "limits.memory_mb is 101, and this node has 100 MB for its steps; ask for less"
        }
        #expect { try budget.check(ResourceLimits(cpuPercent: 51, memoryMB: 100, timeoutMs: 1)) } throws: {
            ($0 as? RequestProblem)?.code == .limitsNotAvailable && ($0 as? RequestProblem)?.isRetryable == true
        }
    }
}
