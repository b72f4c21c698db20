import Scheduling
import System
import Testing

struct MonotonicTimeTests {
    private let end = MonotonicTime(nanoseconds: .max)
    private let start = MonotonicTime(nanoseconds: .min)

    @Test func countsInMilliseconds() {
        let time = MonotonicTime(nanoseconds: 5_000_000)
        #expect(time.adding(milliseconds: 3) == MonotonicTime(nanoseconds: 8_000_000))
        #expect(time.adding(milliseconds: -7) == MonotonicTime(nanoseconds: -2_000_000))
        #expect(MonotonicTime(nanoseconds: 6_500_000).milliseconds(since: time) == 1.5)
        #expect(time.milliseconds(since: MonotonicTime(nanoseconds: 6_500_000)) == -1.5)
    }

    @Test func stopsAtTheEndsOfTheClock() {
        #expect(end.adding(milliseconds: 1) == end)
        #expect(MonotonicTime(nanoseconds: 1).adding(milliseconds: .max) == end)
        #expect(start.adding(milliseconds: -1) == start)
        #expect(MonotonicTime(nanoseconds: 0).adding(milliseconds: .min) == start)
        #expect(end.nanoseconds(since: start) == .max)
        #expect(start.nanoseconds(since: end) == .min)
    }

    @Test func theClockGoesForward() {
        let before = MonotonicTime.now()
        #expect(before.nanoseconds > 0)
        #expect(MonotonicTime.now() >= before)
    }
}
