import Messages
import Testing

@testable import Scheduling

@Suite struct StartGateTests {
    private func manager(slots: Int = 5, unproven: [Int] = [1]) -> ConcurrencyManager {
        ConcurrencyManager(slotCount: slots, backpressure: .init(), starts: StartGate(unproven: unproven))
    }

    private func begin(_ slot: Int, _ manager: inout ConcurrencyManager, at now: Int = 0) -> Int64? {
        if case .run(let step, _, _) = manager.next(for: slot, at: time(now)) { step.coordinates.offset } else { nil }
    }

    private func fail(_ slot: Int, _ manager: inout ConcurrencyManager, at now: Int) {
        manager.noteStartFailed(slot: slot, "no such file", at: time(now))
        _ = manager.requeue(slot: slot, isAttempt: false, at: time(now))
    }

    @Test func oneStepAtATimeTriesACommandThatNobodyHasSeenStart() throws {
        var manager = manager()
        for offset in Int64(0)..<4 { _ = manager.admit(try step(offset: offset, strategy: 1)) }
        _ = manager.admit(try step(offset: 4, strategy: 2))
        #expect(begin(0, &manager) == 0)
        #expect(begin(1, &manager) == 4)
        #expect(begin(2, &manager) == nil)
        #expect(manager.waiting == [.start: 3])
        guard case .trial = manager.startRole(slot: 0) else { return #expect(Bool(false)) }
        // It starts: the others are woken, and may start hosts of their own.
        #expect(manager.noteStarted(slot: 0) == [2])
        #expect(manager.waiting.isEmpty)
        #expect(begin(2, &manager) == 1)
        guard case .free = manager.startRole(slot: 2) else { return #expect(Bool(false)) }
        #expect(manager.takeChanges().isEmpty)
    }

    @Test func whatCannotStartWaitsAndIsTriedAgainLaterEachTime() throws {
        var manager = manager()
        for offset in Int64(0)..<3 { _ = manager.admit(try step(offset: offset, strategy: 1)) }
        var now = 0
        for (failures, delay) in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].enumerated() {
            #expect(begin(0, &manager, at: now) == 0)
            #expect(begin(1, &manager, at: now) == nil)
            fail(0, &manager, at: now)
            #expect(
                manager.takeChanges() == [
                    .failing(.init(strategy: 1, failures: failures + 1, retryMs: delay, reason: "no such file"))
                ])
            #expect(begin(0, &manager, at: now + delay - 1) == nil)
            #expect(manager.observe(othersMB: 0, at: time(now + delay - 1)) == [])
            now += delay
            #expect(!manager.observe(othersMB: 0, at: time(now)).isEmpty)
        }
        #expect(begin(0, &manager, at: now) == 0)
        _ = manager.noteStarted(slot: 0)
        #expect(manager.takeChanges() == [.started(1)])
        #expect(begin(1, &manager, at: now) == 1)
    }

    @Test func startsThatFailAtOnceCountAsOne() throws {
        var manager = manager(unproven: [])
        for offset in Int64(0)..<5 { _ = manager.admit(try step(offset: offset, strategy: 1)) }
        for slot in 0..<5 { #expect(begin(slot, &manager) == Int64(slot)) }
        for slot in 0..<5 { fail(slot, &manager, at: slot) }
        #expect(manager.starts.failing(at: time(4)).map(\.failures) == [1])
        #expect(manager.takeChanges().count == 1)
        #expect(manager.heldCount == 5)
    }

    /// While no more can be started, those there are go from one step to the next.
    @Test func aHostThatComesFreeIsForTheNextStepThatWaits() throws {
        var manager = manager(unproven: [])
        for offset in Int64(0)..<4 { _ = manager.admit(try step(offset: offset, strategy: 1)) }
        #expect(begin(0, &manager) == 0)
        #expect(begin(1, &manager) == 1)
        fail(1, &manager, at: 0)
        #expect(begin(1, &manager) == nil)
        #expect(!manager.finish(slot: 0, .good, at: time(1)).isEmpty)
        #expect(begin(0, &manager, at: 1) == 1)
        guard case .waitingOnly = manager.startRole(slot: 0) else { return #expect(Bool(false)) }
        #expect(begin(1, &manager, at: 1) == 2)
        // It finds none.
        manager.noteNoneIdle(slot: 1)
        _ = manager.requeue(slot: 1, isAttempt: false, at: time(1))
        #expect(begin(1, &manager, at: 1) == nil)
    }

    @Test func aStepThatIsNoLongerWantedLeavesWhileItWaits() throws {
        var manager = manager()
        let expiring = #","expires_at":"2026-01-01T00:00:00Z""#
        _ = manager.admit(try step(offset: 0, strategy: 1))
        #expect(begin(0, &manager) == 0)
        fail(0, &manager, at: 0)
        _ = manager.admit(try step(offset: 1, strategy: 1, more: expiring))
        #expect(begin(0, &manager) == nil)
        let until = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        #expect(manager.observe(othersMB: 0, at: time(1), until) == [])
        #expect(manager.observe(othersMB: 0, at: time(1), Timestamp(milliseconds: until.milliseconds + 1)) == [0])
        guard case .refuse(let step, .expired("no such file"), _) = manager.next(for: 0, at: time(1)) else {
            return #expect(Bool(false))
        }
        #expect(step.coordinates.offset == 1)
        _ = manager.finish(slot: 0, at: time(1))
        #expect(begin(0, &manager, at: 1) == nil)
        // So do all when the strategy is switched off.
        manager.disabled = [1]
        guard case .refuse(_, .disabled, _) = manager.next(for: 0, at: time(1)) else { return #expect(Bool(false)) }
    }

    @Test func theyHoldTheirPartitionsAtHalfTheQueue() throws {
        var manager = manager()
        for offset in Int64(0)..<50 { _ = manager.admit(try step(partition: 3, offset: offset, strategy: 1)) }
        #expect(begin(0, &manager) == 0)
        fail(0, &manager, at: 0)
        _ = manager.updateBackpressure(at: time(0))
        #expect(manager.partitionsToHold() == [3])
        #expect(manager.capacity == 1)
    }
}
