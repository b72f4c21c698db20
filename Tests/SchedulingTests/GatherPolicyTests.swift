import Testing

@testable import Scheduling

@Suite struct GatherPolicyTests {
    private var policy = GatherPolicy(waitMs: 5)
    private var now = MonotonicTime(nanoseconds: 0)

    /// How many of so many results, that far apart, wait for others.
    private mutating func gathered(_ count: Int, everyMicroseconds gap: Int64) -> Int {
        (0..<count).count { _ in
            now = now.adding(nanoseconds: gap * 1000)
            return policy.note(at: now)
        }
    }

    @Test mutating func resultsThatAreFewGoAtOnce() {
        #expect(gathered(1000, everyMicroseconds: 1000) == 0)
    }

    @Test mutating func resultsThatAreManyGather() {
        _ = gathered(100, everyMicroseconds: 200)
        #expect(gathered(1000, everyMicroseconds: 200) == 1000)
    }

    @Test mutating func resultsAfterABurstGoAtOnceAgain() {
        _ = gathered(1000, everyMicroseconds: 10)
        _ = gathered(20, everyMicroseconds: 5000)
        #expect(gathered(100, everyMicroseconds: 1000) == 0)
    }

    @Test mutating func firstResultsOfABurstGoAtOnce() {
        _ = gathered(10, everyMicroseconds: 1_000_000)
        #expect((1...40).contains(100 - gathered(100, everyMicroseconds: 10)))
    }

    @Test mutating func withoutAWaitNoneGather() {
        policy = GatherPolicy(waitMs: 0)
        #expect(gathered(1000, everyMicroseconds: 1) == 0)
    }

    @Test mutating func clockThatStandsStillIsNoSilence() {
        #expect(gathered(1000, everyMicroseconds: 0) > 900)
    }
}
