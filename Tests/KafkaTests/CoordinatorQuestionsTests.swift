import Scheduling
import Testing

@testable import Kafka

/// A coordinator that is away: who asks is not kept waiting, and librdkafka never runs into its own time-out.
@Suite struct CoordinatorQuestionsTests {
    private let begin = MonotonicTime(nanoseconds: 1_000_000_000)
    private var questions = CoordinatorQuestions()

    private func after(_ milliseconds: Int) -> MonotonicTime { begin.adding(milliseconds: milliseconds) }

    @Test mutating func anAnswerInTimeIsHandedOnOnce() {
        questions.ask(7, patienceMs: 5000, at: begin)
        #expect(questions.takeLate(at: after(4999)) == nil)
        let isAwaited = questions.takeAnswer(7)
        let isAwaitedAgain = questions.takeAnswer(7)
        #expect(isAwaited && !isAwaitedAgain)
        #expect(questions.takeLate(at: after(10_000)) == nil)
    }

    @Test mutating func oneThatIsLateIsToldOnceAndItsAnswerIsNobodys() {
        questions.ask(7, patienceMs: 5000, at: begin)
        questions.ask(8, patienceMs: 9000, at: begin)
        #expect(questions.takeLate(at: after(5000)) == 7)
        #expect(questions.takeLate(at: after(5000)) == nil)
        #expect(questions.takeLate(at: after(9000)) == 8)
        let isAwaited = questions.takeAnswer(7)
        #expect(!isAwaited)
    }

    @Test mutating func whoWasMisledIsToldLaterAndNeverAgain() {
        questions.ask(7, patienceMs: 5000, at: begin)
        questions.hold(7, at: after(100))
        #expect(questions.takeLate(at: after(CoordinatorQuestions.misledMs + 99)) == nil)
        #expect(questions.takeLate(at: after(CoordinatorQuestions.misledMs + 100)) == 7)
        #expect(!questions.areTooOld(at: after(Int(CoordinatorQuestions.mostAgeMs))))
        // Nobody waits for this one.
        questions.ask(8, patienceMs: 5000, at: begin)
        _ = questions.takeLate(at: after(5000))
        questions.hold(8, at: after(6000))
        #expect(questions.takeLate(at: after(100_000)) == nil)
        #expect(!questions.areTooOld(at: after(Int(CoordinatorQuestions.mostAgeMs))))
    }

    @Test mutating func whileNobodyAnswersIsAskedEverMoreSeldom() {
        var (now, count) = (0, 0)
        while now < Int(CoordinatorQuestions.mostAgeMs) {
            count += 1
            questions.ask(UInt64(count), patienceMs: 5000, at: after(now))
            var told: UInt64?
            while told == nil {
                now += 500
                told = questions.takeLate(at: after(now))
            }
            #expect(told == UInt64(count))
        }
        #expect((45...60).contains(count), "\(count)")
    }

    @Test mutating func theClientIsGivenUpBeforeTheLongestTimeOutIsOver() {
        questions.ask(7, patienceMs: 5000, at: begin)
        _ = questions.takeLate(at: after(5000))
        let most = Int(CoordinatorQuestions.mostAgeMs)
        #expect(most < Int(CoordinatorQuestions.requestMs))
        #expect(!questions.areTooOld(at: after(most - 1)) && questions.areTooOld(at: after(most)))
        _ = questions.takeAnswer(7)
        #expect(!questions.areTooOld(at: after(most)))
    }
}
