import Messages
import Scheduling
import Testing

@testable import Worker

@Suite struct RecentErrorTests {
    private let errors = RecentErrors()
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private func after(_ seconds: Int) -> MonotonicTime { start.adding(milliseconds: seconds * 1000) }

    @Test func whatHappensAgainIsOneEntryWithACountAndItsLastRequest() {
        for number in 0..<50 {
            errors.note("failed", "division by zero", strategy: "a", requestID: "r\(number)", at: start)
        }
        errors.note("failed", "division by zero", strategy: "b", requestID: "other", at: start)
        #expect(errors.newest.map(\.count) == [1, 50])
        #expect(errors.newest.map(\.requestID) == ["other", "r49"])
    }

    @Test func whatHappenedLastIsFirstHoweverOldItsFirstTimeIs() {
        errors.note("kafka", "one", at: start)
        errors.note("kafka", "two", at: start)
        errors.note("kafka", "one", at: start)
        #expect(errors.newest.map(\.message) == ["one", "two"])
    }

    @Test func aMessageMayVaryWhereTheKeyIsTheSame() {
        errors.note("kafka", "refused (after 0ms)", key: "a", at: start)
        errors.note("kafka", "refused (after 3ms)", key: "a", at: start)
        #expect(errors.newest.map(\.message) == ["refused (after 3ms)"])
        #expect(errors.newest.map(\.count) == [2])
    }

    @Test func whatGoesOnIsToldOnceAMinute() {
        #expect(errors.note("kafka", "no", at: start))
        #expect(!errors.note("kafka", "no", at: after(1)))
        #expect(errors.note("kafka", "another", at: after(1)))
        #expect(!errors.note("kafka", "no", at: after(59)))
        #expect(errors.note("kafka", "no", at: after(60)))
        #expect(!errors.note("kafka", "no", at: after(61)))
    }

    @Test func theyStayWithinTheirBound() {
        for number in 0..<100 { errors.note("failed", "\(number)", at: start) }
        #expect(errors.newest.map(\.message) == (80..<100).reversed().map { "\($0)" })
    }
}
