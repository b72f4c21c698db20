import Messages
import Testing

@testable import Scheduling

@Suite struct AdmissionTests {
    private func manager(
        slots: Int = 4, memoryMB: Int = 1000, cpuPercent: Int? = nil, queueDepth: Int = 100
    ) -> ConcurrencyManager {
        ConcurrencyManager(
            slotCount: slots, backpressure: .init(queueDepth: queueDepth, resumeDepth: queueDepth / 2),
            resources: ResourceBudget(memoryMB: memoryMB, cpuPercent: cpuPercent))
    }

    private func sized(_ offset: Int64, memoryMB: Int = 10, cpuPercent: Int = 10, partition: Int32 = 0) throws -> Step {
        try step(
            partition: partition, offset: offset,
            limits: ResourceLimits(cpuPercent: cpuPercent, memoryMB: memoryMB, timeoutMs: 5000))
    }

    private func begin(_ slot: Int, _ manager: inout ConcurrencyManager) -> Int64? {
        if case .run(let step, _, _) = manager.next(for: slot, at: time(0)) { step.coordinates.offset } else { nil }
    }

    @Test func aStepThatDoesNotFitWaitsAndOthersPassIt() throws {
        var manager = manager()
        for (offset, memory) in [600, 600, 300].enumerated() {
            _ = manager.admit(try sized(Int64(offset), memoryMB: memory))
        }
        #expect((0..<3).map { begin($0, &manager) } == [0, 2, nil])
        #expect(manager.waiting == [.memory: 1])
        // What ends makes room, and a slot that idles is woken for it.
        #expect(manager.finish(slot: 0, at: time(0)) == [2])
        #expect(begin(2, &manager) == 1)
    }

    @Test func theProcessorsOfTheNodeAreABoundWhereOneIsSet() throws {
        var bounded = manager(cpuPercent: 150)
        var unbounded = manager()
        for offset in Int64(0)..<3 {
            _ = bounded.admit(try sized(offset, cpuPercent: 80))
            _ = unbounded.admit(try sized(offset, cpuPercent: 80))
        }
        #expect((0..<3).map { begin($0, &bounded) } == [0, nil, nil])
        #expect((0..<3).map { begin($0, &unbounded) } == [0, 1, 2])
        #expect(bounded.waiting == [.cpu: 2])
    }

    @Test func memoryThatOthersHoldCannotBeGiven() throws {
        var manager = manager()
        _ = manager.observe(othersMB: 500, at: time(0))
        _ = manager.admit(try sized(0, memoryMB: 501))
        #expect(begin(0, &manager) == nil)
        // It is woken when the memory is there.
        #expect(manager.observe(othersMB: 499, at: time(0)) == [0])
        #expect(begin(0, &manager) == 0)
    }

    @Test func aStepIsPassedSoOftenAndNotOnceMore() throws {
        var manager = manager(slots: 2)
        _ = manager.admit(try sized(0, memoryMB: 100))
        #expect(begin(0, &manager) == 0)
        _ = manager.admit(try sized(1, memoryMB: 950))
        for offset in Int64(2)..<Int64(2 + ConcurrencyManager.maximumPasses) {
            _ = manager.admit(try sized(offset))
            #expect(begin(1, &manager) == offset)
            _ = manager.finish(slot: 1, at: time(0))
        }
        _ = manager.admit(try sized(1000))
        #expect(begin(1, &manager) == nil)
        _ = manager.finish(slot: 0, at: time(0))
        #expect(begin(0, &manager) == 1)
        #expect(begin(1, &manager) == 1000)
    }

    /// One of the two locks is always held: each step of a stream begins before that of the other ends.
    @Test func twoStreamsOfStepsWithALockEachDoNotKeepOutTheStepThatNeedsBoth() throws {
        var manager = manager(slots: 3, memoryMB: 10_000)
        _ = manager.admit(try step(offset: 0, locks: ["a"]))
        #expect(begin(0, &manager) == 0)
        _ = manager.admit(try step(offset: 1, locks: ["a", "b"]))
        var next: Int64 = 2
        var slots = [0, 1]
        var passes = 0
        while passes <= ConcurrencyManager.maximumPasses {
            _ = manager.admit(try step(offset: next, locks: [next.isMultiple(of: 2) ? "b" : "a"]))
            next += 1
            guard begin(slots[1], &manager) != nil else { break }
            passes += 1
            _ = manager.finish(slot: slots[0], at: time(0))
            slots.swapAt(0, 1)
        }
        #expect(passes == ConcurrencyManager.maximumPasses)
        #expect(manager.waiting == [.lock: 2])
        // What needs neither goes on.
        _ = manager.admit(try step(offset: next, locks: ["c"]))
        #expect(begin(2, &manager) == next)
        _ = manager.finish(slot: slots[0], at: time(0))
        #expect(begin(slots[0], &manager) == 1)
        _ = manager.finish(slot: slots[0], at: time(0))
        #expect(begin(slots[0], &manager) == next - 1)
    }

    /// What asks for locks only while it runs is kept from beginning, too; what runs already never waits for the queue.
    @Test func stepsThatAskForLocksWhileTheyRunDoNotKeepOutTheOneThatDeclaresThem() throws {
        var manager = manager(slots: 3, memoryMB: 10_000)
        _ = manager.admit(try step(offset: 0, strategy: 1))
        #expect(begin(0, &manager) == 0)
        #expect(manager.demand(["a"], slot: 0).answer == .granted)
        _ = manager.admit(try step(offset: 1, strategy: 2, locks: ["a", "b"]))
        var slots = [0, 1]
        for offset in Int64(2)..<Int64(1 + ConcurrencyManager.maximumPasses) {
            _ = manager.admit(try step(offset: offset, strategy: 1))
            #expect(begin(slots[1], &manager) == offset)
            #expect(manager.demand([offset.isMultiple(of: 2) ? "b" : "a"], slot: slots[1]).answer == .granted)
            _ = manager.finish(slot: slots[0], at: time(0))
            slots.swapAt(0, 1)
        }
        #expect(manager.demand(["c", "a"], slot: slots[0]).answer == .granted)
        _ = manager.admit(try step(offset: 1000, strategy: 1))
        _ = manager.admit(try step(offset: 1001, strategy: 3))
        #expect(begin(2, &manager) == 1001)
        #expect(manager.demand(["b"], slot: slots[0]).answer == .granted)
        _ = manager.finish(slot: slots[0], at: time(0))
        #expect(begin(slots[0], &manager) == 1)
        #expect(begin(slots[1], &manager) == 1000)
    }

    @Test func nobodyIsKeptWaitingForWhatNobodyHolds() throws {
        var manager = manager(slots: 2)
        _ = manager.observe(othersMB: 900, at: time(0))
        _ = manager.admit(try sized(0, memoryMB: 500))
        for offset in Int64(1)...200 {
            _ = manager.admit(try sized(offset))
            #expect(begin(1, &manager) == offset)
            _ = manager.finish(slot: 1, at: time(0))
        }
    }

    @Test func stepsThatWaitHoldTheirPartitionsAtHalfTheQueue() throws {
        var manager = manager(queueDepth: 20)
        _ = manager.observe(othersMB: 1000, at: time(0))
        var taken = 0
        while manager.partitionsToHold().isEmpty, manager.capacity > 0 {
            _ = manager.admit(try sized(Int64(taken), partition: 3))
            taken += 1
        }
        #expect(taken == 10)
        #expect(manager.partitionsToHold() == [3])
        // What comes from elsewhere may be able to run; it is looked at one by one.
        #expect(manager.capacity == 1)
        _ = manager.observe(othersMB: 0, at: time(0))
        guard case .run(_, _, let wakes) = manager.next(for: 0, at: time(0)) else { return #expect(Bool(false)) }
        #expect(wakes.consumer)
        #expect(manager.partitionsToHold().isEmpty)
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
