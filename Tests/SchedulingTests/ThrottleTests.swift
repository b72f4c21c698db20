import Testing

@testable import Scheduling

@Suite struct ThrottleTests {
    private var throttle = Throttle(Throttle.Settings(), slotCount: 8)

    private mutating func breach(_ count: Int, at now: Int, good: Int = 0) -> [Int] {
        var slots: [Int] = []
        for _ in 0..<good { _ = throttle.note(.good, of: 1, at: time(now)) }
        for _ in 0..<count {
            if let change = throttle.note(.breach, of: 1, at: time(now)) { slots.append(change.slots) }
        }
        return slots
    }

    @Test mutating func theShareIsHalvedStepByStepAndNeverBelowOne() {
        let reductions = breach(25, at: 0)
        #expect(reductions == [4, 2, 1])
        #expect(throttle.slots(for: 1) == 1)
        #expect(throttle.slots(for: 2) == 8)
    }

    @Test mutating func aShareIsNamedAsLongAsItIsLessThanAll() {
        #expect(breach(4, at: 0) == [])
        #expect(throttle.shares.isEmpty)
        #expect(breach(1, at: 0) == [4])
        #expect(throttle.shares.map(\.strategy) == [1] && throttle.shares.map(\.slots) == [4])
        _ = throttle.recover(at: time(30_000))
        #expect(throttle.shares.isEmpty)
    }

    @Test mutating func aFewBreachesInALongTimeAreLetPass() {
        for minute in 0..<20 { #expect(breach(4, at: minute * 60_000) == []) }
        #expect(throttle.slots(for: 1) == 8)
    }

    @Test mutating func aFewBreachesAmongManyGoodEndsAreLetPass() {
        _ = breach(1, at: 0)
        #expect(breach(9, at: 1, good: 100) == [])
        #expect(throttle.slots(for: 1) == 8)
    }

    @Test mutating func whoBehavesGetsItsShareBack() {
        _ = breach(15, at: 0)
        #expect(throttle.recover(at: time(29_999)) == [])
        #expect(throttle.recover(at: time(30_000)).map(\.slots) == [2])
        #expect(throttle.recover(at: time(59_999)) == [])
        #expect(throttle.recover(at: time(60_000)).map(\.slots) == [4])
        #expect(throttle.recover(at: time(90_000)).map(\.slots) == [8])
        #expect(throttle.recover(at: time(200_000)) == [])
    }

    @Test mutating func aBreachPutsTheRecoveryOff() {
        _ = breach(5, at: 0)
        _ = breach(1, at: 20_000)
        #expect(throttle.recover(at: time(49_999)) == [])
        #expect(throttle.recover(at: time(50_000)).map(\.slots) == [8])
    }

    @Test mutating func whoDisturbsOthersGetsLessToo() {
        let change = throttle.noteDisturbance(by: 3, at: time(0))
        #expect(change == Throttle.Change(strategy: 3, slots: 4, before: 8, reason: .interference))
    }

    @Test func switchedOffItReducesNothing() {
        var settings = Throttle.Settings()
        settings.isEnabled = false
        var off = Throttle(settings, slotCount: 8)
        for _ in 0..<50 { _ = off.note(.crash, of: 1, at: time(0)) }
        _ = off.noteDisturbance(by: 1, at: time(0))
        #expect(off.slots(for: 1) == 8)
    }

    @Test func aThrottledStrategyHasNoMoreSlotsThanItsShareAndOthersPass() throws {
        var dispatcher = Dispatcher(slotCount: 4, backpressure: .init())
        for offset in Int64(0)..<10 { _ = dispatcher.admit(try step(offset: offset, strategy: 1)) }
        for _ in 0..<5 {
            _ = dispatcher.next(for: 0, at: time(0))
            _ = dispatcher.finish(slot: 0, .breach, at: time(0))
        }
        #expect(dispatcher.takeChanges().count == 1)
        _ = dispatcher.admit(try step(offset: 20, strategy: 2))
        var ran: [Int] = []
        for slot in 0..<4 {
            if case .run(let step, _, _) = dispatcher.next(for: slot, at: time(0)) { ran.append(step.strategyIndex) }
        }
        #expect(ran == [1, 1, 2])
        #expect(dispatcher.waiting == [.throttle: 3])
        #expect(dispatcher.observe(othersMB: 0, at: time(30_000)) == [3])
    }
}

@Suite struct CircuitBreakerTests {
    private static var settings: CircuitBreaker.Settings {
        var settings = CircuitBreaker.Settings()
        settings.isEnabled = true
        return settings
    }

    private var breaker = CircuitBreaker(settings)

    private mutating func crash(_ times: Int, at now: Int) -> Bool {
        var isSuspended = false
        for token in 0..<times {
            let change = breaker.note(.crash, of: 1, token: UInt64(token), at: time(now))
            isSuspended = isSuspended || change?.isSuspended == true
        }
        return isSuspended
    }

    @Test mutating func crashesInARowSuspendAStrategyAlone() {
        let after4 = crash(4, at: 0)
        let after5 = crash(1, at: 0)
        #expect(!after4 && after5)
        #expect(breaker.verdict(1, at: time(0)) == .suspended(retryMs: 30_000))
        #expect(breaker.verdict(2, at: time(0)) == .run)
    }

    @Test mutating func oneGoodEndBetweenThemStartsTheCountAnew() {
        _ = crash(4, at: 0)
        _ = breaker.note(.good, of: 1, token: 9, at: time(0))
        let isSuspended = crash(4, at: 0)
        #expect(!isSuspended)
    }

    @Test mutating func oneProbeAtATimeDecides() {
        _ = crash(5, at: 0)
        #expect(breaker.verdict(1, at: time(29_999)) == .suspended(retryMs: 1))
        #expect(breaker.verdict(1, at: time(30_000)) == .run)
        breaker.begin(1, token: 70)
        #expect(breaker.verdict(1, at: time(30_000)) == .suspended(retryMs: 0))
        _ = breaker.note(.good, of: 1, token: 71, at: time(30_000))
        #expect(breaker.isSuspended(1))
        #expect(breaker.suspended(at: time(0)).map(\.strategy) == [1])
        _ = breaker.note(.crash, of: 1, token: 70, at: time(30_001))
        #expect(breaker.verdict(1, at: time(60_000)) == .suspended(retryMs: 1))
        breaker.begin(1, token: 80)
        let change = breaker.note(.good, of: 1, token: 80, at: time(60_002))
        #expect(change == CircuitBreaker.Change(strategy: 1, isSuspended: false))
        #expect(breaker.isIdle)
    }

    @Test mutating func aProbeThatWasNotRunIsFollowedByAnother() {
        _ = crash(5, at: 0)
        breaker.begin(1, token: 70)
        _ = breaker.note(.unknown, of: 1, token: 70, at: time(30_000))
        #expect(breaker.verdict(1, at: time(30_000)) == .run)
    }

    @Test func switchedOffItSuspendsNothing() {
        var off = CircuitBreaker(CircuitBreaker.Settings())
        for _ in 0..<100 { _ = off.note(.crash, of: 1, token: 1, at: time(0)) }
        #expect(off.isIdle)
    }

    @Test func stepsOfASuspendedStrategyAreRefusedAndOnlyTheProbeIsRun() throws {
        var dispatcher = Dispatcher(slotCount: 2, backpressure: .init(), circuitBreaker: Self.settings)
        for offset in Int64(0)..<12 { _ = dispatcher.admit(try step(offset: offset, strategy: 1)) }
        for _ in 0..<5 {
            _ = dispatcher.next(for: 0, at: time(0))
            _ = dispatcher.finish(slot: 0, .crash, at: time(0))
        }
        guard case .refuse(let refused, .suspended(retryMs: 30_000), _) = dispatcher.next(for: 0, at: time(0)) else {
            return #expect(Bool(false))
        }
        #expect(refused.coordinates.offset == 5)
        _ = dispatcher.finish(slot: 0, .unknown, at: time(0))
        guard case .run = dispatcher.next(for: 0, at: time(30_000)) else { return #expect(Bool(false)) }
        guard case .refuse(_, .suspended(retryMs: 0), _) = dispatcher.next(for: 1, at: time(30_000)) else {
            return #expect(Bool(false))
        }
        _ = dispatcher.finish(slot: 1, .unknown, at: time(30_000))
        _ = dispatcher.finish(slot: 0, .good, at: time(30_000))
        guard case .run = dispatcher.next(for: 1, at: time(30_000)) else { return #expect(Bool(false)) }
        #expect(dispatcher.takeChanges().contains(.circuit(.init(strategy: 1, isSuspended: false))))
    }
}
