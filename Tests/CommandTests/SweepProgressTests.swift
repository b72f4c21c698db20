import Testing

@testable import optimizer

/// What the progress line says.
@Suite struct SweepProgressTests {
    private let start = ContinuousClock.now

    private func state(_ completed: Int, failed: Int = 0, of total: Int?, _ pace: SweepPace = SweepPace()) -> String {
        SweepProgress.State(sweep: "s", completed: completed, failed: failed, total: total, pace: pace).text(
            isUnicode: false)
    }

    @Test func theRateIsThatOfTheLastTenSeconds() throws {
        var pace = SweepPace()
        #expect(pace.rate == nil && pace.words(for: 5) == nil)
        pace.note(0, at: start)
        #expect(pace.rate == nil)
        pace.note(10, at: start + .seconds(5))
        #expect(pace.rate == 2)
        #expect(pace.words(for: 20) == "2.0/s, 10 s left")
        #expect(pace.words(for: 400) == "2.0/s, 3 min 20 s left")
        #expect(pace.words(for: 16_000) == "2.0/s, 2 h 13 min left")
        #expect(pace.words(for: 0) == nil)
        // The first count is out of the window: 140 more in nine seconds.
        pace.note(150, at: start + .seconds(14))
        #expect(pace.words(for: 31) == "16/s, 2 s left")
        pace.note(150, at: start + .seconds(30))
        #expect(pace.words(for: 31) == nil)
        pace.restart()
        #expect(pace.rate == nil)
    }

    @Test func theBarTellsStepsRateAndTimeLeft() {
        var pace = SweepPace()
        pace.note(0, at: start)
        pace.note(3, at: start + .seconds(6))
        #expect(
            state(2, failed: 1, of: 8, pace)
                == "######------------------ 25 %  2 of 8 steps, 1 failed  0.5/s, 10 s left")
        #expect(state(8, of: 8, pace) == "######################## 100 %  8 of 8 steps")
        #expect(state(0, of: nil) == "waiting for the first step of s")
        #expect(state(0, failed: 3, of: nil) == "waiting for the first step of s, 3 failed")
    }
}
