import Testing

@testable import Metrics
@testable import optimizer

/// What the canary sends when, and what it makes of what comes, without a clock or a broker.
@Suite struct CanaryBookTests {
    private let start = ContinuousClock.now

    private func beat(_ partition: Int32, at seconds: Int) -> CanarySchedule.Beat {
        CanarySchedule.Beat(partition: partition, due: start + .seconds(seconds))
    }

    /// Seconds that each partition is late.
    private func late(_ book: CanaryBook, at seconds: Int) -> [Int32: Duration] {
        let late = book.ages(at: start + .seconds(seconds)).late
        return Dictionary(uniqueKeysWithValues: late.map { ($0.partition, $0.duration) })
    }

    @Test func eachPartitionHasItsTurn() {
        var schedule = CanarySchedule(every: .seconds(30), partitions: [0, 1, 4], from: start)
        let beats = (0..<4).map { schedule.take(at: start + .seconds($0 * 30)) }
        #expect(beats == [beat(0, at: 0), beat(1, at: 30), beat(4, at: 60), beat(0, at: 90)])
        #expect(schedule.take(at: start + .seconds(119)) == nil)
    }

    @Test func beatsThatWereMissedAreOneThatWasDueWhenTheFirstWas() {
        var schedule = CanarySchedule(every: .seconds(30), partitions: [0, 1], from: start)
        #expect(schedule.take(at: start + .seconds(100)) == beat(0, at: 0))
        #expect(schedule.next == start + .seconds(120))
        #expect(schedule.take(at: start + .seconds(119)) == nil)
    }

    @Test func latencyCountsFromWhenARequestShouldHaveBeenSent() {
        var book = CanaryBook(timeout: .seconds(60), start: start)
        book.sent(1, beat(0, at: 10))
        let end = book.answered(1, status: "completed", at: start + .seconds(25))
        #expect(end == CanaryBook.End(partition: 0, outcome: .completed, latency: .seconds(15)))
        #expect(book.ages(at: start + .seconds(30)).sinceSuccess == .seconds(5))
        // A second result, as after a crash of its node, is nobody's.
        #expect(book.answered(1, status: "completed", at: start + .seconds(26)) == nil)
    }

    @Test func whatHasNoResultInTimeIsLostOrWasNotSent() {
        var book = CanaryBook(timeout: .seconds(60), start: start)
        book.sent(1, beat(0, at: 0))
        book.sent(2, beat(1, at: 1))
        book.stored(1)
        #expect(book.expire(at: start + .seconds(59)) == [])
        let ends = book.expire(at: start + .seconds(61))
        #expect(ends.map(\.outcome) == [.lost, .notSent] && ends.map(\.partition) == [0, 1])
        // Its memory is bounded by what may still be answered.
        #expect(book.openCount == 0)
        #expect(book.answered(1, status: "completed", at: start + .seconds(62)) == nil)
    }

    @Test(arguments: [("failed", CanaryOutcome.failed), ("rejected", .failed), ("expired", .lost), ("", .failed)])
    func whatIsNotCompletedIsNoSuccess(_ status: String, _ outcome: CanaryOutcome) {
        var book = CanaryBook(timeout: .seconds(60), start: start)
        book.sent(1, beat(0, at: 0))
        book.stored(1)
        #expect(book.answered(1, status: status, at: start + .seconds(5))?.outcome == outcome)
        #expect(late(book, at: 7) == [0: .seconds(7)])
        #expect(book.ages(at: start + .seconds(7)).sinceSuccess == .seconds(7))
    }

    @Test func aPartitionIsLateSinceItsFirstRequestThatNoLaterOneMadeGood() {
        var book = CanaryBook(timeout: .seconds(60), start: start)
        book.sent(1, beat(0, at: 0))
        book.sent(2, beat(1, at: 30))
        _ = book.answered(2, status: "completed", at: start + .seconds(31))
        _ = book.expire(at: start + .seconds(60))
        book.sent(3, beat(0, at: 60))
        // Lost and forgotten, and counted from all the same.
        #expect(late(book, at: 90) == [0: .seconds(90), 1: .zero])
        book.sent(4, beat(0, at: 100))
        _ = book.answered(3, status: "completed", at: start + .seconds(110))
        // The one that was sent before that answer came is still owed.
        #expect(late(book, at: 110) == [0: .seconds(10), 1: .zero])
        _ = book.answered(4, status: "completed", at: start + .seconds(111))
        #expect(late(book, at: 200) == [0: .zero, 1: .zero])
    }

    @Test func wordsComeOnlyWithAChange() {
        var words = CanaryWords()
        let good = CanaryBook.End(partition: 2, outcome: .completed, latency: .milliseconds(12))
        let lost = CanaryBook.End(partition: 2, outcome: .lost, latency: .seconds(60))
        #expect(words.take(good) == nil)
        #expect(words.take(lost)?.hasPrefix("partition 2: no result for 60 s") == true)
        #expect(words.take(lost) == nil)
        #expect(words.take(good) == "partition 2 works again: completed in 12.0 ms")
        #expect(words.take(good) == nil)
    }

    @Test func onlyItsOwnRequestsAreKnown() {
        let request = CanaryRequest(run: 255)
        #expect(request.id(7) == "canary-ff-7")
        #expect(request.number(of: Array("canary-ff-7".utf8)) == 7)
        for other in ["canary-fe-7", "canary-ff-", "canary-ff-x", "r-1", ""] {
            #expect(request.number(of: Array(other.utf8)) == nil)
        }
    }

    @Test func agesGrowWhileNobodyMovesAndThatIsUnwell() {
        let canary = Canary(every: .seconds(30), timeout: .seconds(60), start: start)
        #expect(canary.ages(at: start + .seconds(500)).sinceSuccess == .seconds(500))
        #expect(canary.health(at: start + .seconds(59)) == .well)
        #expect(canary.health(at: start + .seconds(60)) != .well)
        canary.moved(at: start + .seconds(60))
        #expect(canary.health(at: start + .seconds(61)) == .well)
    }
}
