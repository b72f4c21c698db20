import Messages
import Testing

@testable import Scheduling

@Suite struct StartGateTests {
    private func dispatcher(slots: Int = 5, unproven: [Int] = [1]) -> Dispatcher {
        Dispatcher(slotCount: slots, backpressure: .init(), starts: StartGate(unproven: unproven))
    }

    private func begin(_ slot: Int, _ dispatcher: inout Dispatcher, at now: Int = 0) -> Int64? {
        if case .run(let step, _, _) = dispatcher.next(for: slot, at: time(now)) {
            step.coordinates.offset
        } else {
            nil
        }
    }

    private func fail(_ slot: Int, _ dispatcher: inout Dispatcher, at now: Int) {
        _ = dispatcher.note(.failed("no such file"), slot: slot, at: time(now))
        _ = dispatcher.putBack(slot: slot, .again(.uncounted), at: time(now))
    }

    @Test func oneStepAtATimeTriesACommandThatNobodyHasSeenStart() throws {
        var dispatcher = dispatcher()
        for offset in Int64(0)..<4 { _ = dispatcher.admit(try step(offset: offset, strategy: 1)) }
        _ = dispatcher.admit(try step(offset: 4, strategy: 2))
        #expect(begin(0, &dispatcher) == 0)
        #expect(begin(1, &dispatcher) == 4)
        #expect(begin(2, &dispatcher) == nil)
        #expect(dispatcher.waiting == [.start: 3])
        guard case .trial = dispatcher.startRole(slot: 0) else { return #expect(Bool(false)) }
        // It starts: the others are woken, and may start hosts of their own.
        #expect(dispatcher.note(.started, slot: 0, at: time(0)) == [2])
        #expect(dispatcher.waiting.isEmpty)
        #expect(begin(2, &dispatcher) == 1)
        guard case .free = dispatcher.startRole(slot: 2) else { return #expect(Bool(false)) }
        #expect(dispatcher.takeChanges().isEmpty)
    }

    @Test func whatCannotStartWaitsAndIsTriedAgainLaterEachTime() throws {
        var dispatcher = dispatcher()
        for offset in Int64(0)..<3 { _ = dispatcher.admit(try step(offset: offset, strategy: 1)) }
        var now = 0
        for (failures, delay) in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].enumerated() {
            #expect(begin(0, &dispatcher, at: now) == 0)
            #expect(begin(1, &dispatcher, at: now) == nil)
            fail(0, &dispatcher, at: now)
            #expect(
                dispatcher.takeChanges() == [
                    .failing(.init(strategy: 1, failures: failures + 1, retryMs: delay, reason: "no such file"))
                ])
            #expect(begin(0, &dispatcher, at: now + delay - 1) == nil)
            #expect(dispatcher.observe(othersMB: 0, at: time(now + delay - 1)) == [])
            now += delay
            #expect(!dispatcher.observe(othersMB: 0, at: time(now)).isEmpty)
        }
        #expect(begin(0, &dispatcher, at: now) == 0)
        _ = dispatcher.note(.started, slot: 0, at: time(now))
        #expect(dispatcher.takeChanges() == [.started(1)])
        #expect(begin(1, &dispatcher, at: now) == 1)
    }

    @Test func startsThatFailAtOnceCountAsOne() throws {
        var dispatcher = dispatcher(unproven: [])
        for offset in Int64(0)..<5 { _ = dispatcher.admit(try step(offset: offset, strategy: 1)) }
        for slot in 0..<5 { #expect(begin(slot, &dispatcher) == Int64(slot)) }
        for slot in 0..<5 { fail(slot, &dispatcher, at: slot) }
        #expect(dispatcher.admission.starts.failing(at: time(4)).map(\.failures) == [1])
        #expect(dispatcher.takeChanges().count == 1)
        #expect(dispatcher.heldCount == 5)
    }

    /// While no more can be started, those there are go from one step to the next.
    @Test func aHostThatComesFreeIsForTheNextStepThatWaits() throws {
        var dispatcher = dispatcher(unproven: [])
        for offset in Int64(0)..<4 { _ = dispatcher.admit(try step(offset: offset, strategy: 1)) }
        #expect(begin(0, &dispatcher) == 0)
        #expect(begin(1, &dispatcher) == 1)
        fail(1, &dispatcher, at: 0)
        #expect(begin(1, &dispatcher) == nil)
        #expect(!dispatcher.finish(slot: 0, .good, at: time(1)).slots.isEmpty)
        #expect(begin(0, &dispatcher, at: 1) == 1)
        guard case .waitingOnly = dispatcher.startRole(slot: 0) else { return #expect(Bool(false)) }
        #expect(begin(1, &dispatcher, at: 1) == 2)
        // It finds none.
        _ = dispatcher.note(.noneIdle, slot: 1, at: time(1))
        _ = dispatcher.putBack(slot: 1, .again(.uncounted), at: time(1))
        #expect(begin(1, &dispatcher, at: 1) == nil)
    }

    @Test func aStepThatIsNoLongerWantedLeavesWhileItWaits() throws {
        var dispatcher = dispatcher()
        let expiring = #","expires_at":"2026-01-01T00:00:00Z""#
        _ = dispatcher.admit(try step(offset: 0, strategy: 1))
        #expect(begin(0, &dispatcher) == 0)
        fail(0, &dispatcher, at: 0)
        _ = dispatcher.admit(try step(offset: 1, strategy: 1, more: expiring))
        #expect(begin(0, &dispatcher) == nil)
        let until = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        #expect(dispatcher.observe(othersMB: 0, at: time(1), until) == [])
        #expect(dispatcher.observe(othersMB: 0, at: time(1), Timestamp(milliseconds: until.milliseconds + 1)) == [0])
        guard case .refuse(let step, .expired("no such file"), _) = dispatcher.next(for: 0, at: time(1)) else {
            return #expect(Bool(false))
        }
        #expect(step.coordinates.offset == 1)
        _ = dispatcher.finish(slot: 0, at: time(1))
        #expect(begin(0, &dispatcher, at: 1) == nil)
        // So do all when the strategy is switched off.
        dispatcher.noteDisabled([1])
        guard case .refuse(_, .disabled, _) = dispatcher.next(for: 0, at: time(1)) else { return #expect(Bool(false)) }
    }

    @Test func theyHoldTheirPartitionsAtHalfTheQueue() throws {
        var dispatcher = dispatcher()
        for offset in Int64(0)..<50 { _ = dispatcher.admit(try step(partition: 3, offset: offset, strategy: 1)) }
        #expect(begin(0, &dispatcher) == 0)
        fail(0, &dispatcher, at: 0)
        _ = dispatcher.updateBackpressure(at: time(0))
        #expect(dispatcher.partitionsToHold() == [3])
        #expect(dispatcher.capacity == 1)
    }
}
