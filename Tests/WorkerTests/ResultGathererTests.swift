import Messages
import Scheduling
import Testing

@testable import Worker

@Suite struct ResultGathererTests {
    private let gatherer = ResultGatherer(waitMs: 5)

    private func message(_ token: UInt64, bytes: Int = 10) -> OutgoingMessage {
        OutgoingMessage(
            topic: "results", key: nil, value: [UInt8](repeating: 0, count: bytes), headers: .list([]), token: token,
            part: .result, status: .completed)
    }

    private func time(_ microseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: microseconds * 1000) }

    /// Results every 10 µs from the first microsecond on.
    ///
    /// - Returns: the tokens in the order in which they went out, and when the last came.
    private func burst(_ count: Int, bytes: Int = 10) -> (sent: [UInt64], last: MonotonicTime) {
        var sent: [UInt64] = []
        for token in 1...UInt64(count) {
            switch gatherer.add([message(token, bytes: bytes)], at: time(Int64(token) * 10)) {
            case .send: sent.append(token)
            case .sendAll(let batches): sent += batches.joined().map(\.token)
            case .wait: break
            }
        }
        return (sent, time(Int64(count) * 10))
    }

    @Test func firstThatWaitsSetsTheDeadline() {
        #expect(gatherer.deadline() == nil)
        var first: MonotonicTime?
        for token in 1...100 as ClosedRange<UInt64> where first == nil {
            let now = time(Int64(token) * 10)
            if case .wait(let isFirst) = gatherer.add([message(token)], at: now) {
                #expect(isFirst)
                first = now
            }
        }
        #expect(gatherer.deadline() == first?.adding(milliseconds: 5))
    }

    @Test func allGoOutInOrderAndOnce() {
        let (sent, last) = burst(2345)
        #expect(gatherer.takeDue(at: last.adding(microseconds: 1)).isEmpty || gatherer.deadline() == nil)
        let rest = gatherer.takeDue(at: last.adding(milliseconds: 6)).joined().map(\.token)
        #expect(sent + rest == Array(1...2345))
        #expect(gatherer.deadline() == nil && gatherer.takeDue(at: last.adding(milliseconds: 60)).isEmpty)
    }

    @Test func noneIsTakenBeforeItsTime() {
        let (sent, last) = burst(100)
        #expect(sent.count < 100)
        #expect(gatherer.takeDue(at: last).isEmpty)
    }

    @Test func theyWaitForTheAcknowledgementOfThoseBeforeThemAndNotForLong() {
        let (_, last) = burst(100)
        #expect(gatherer.deadline() != nil)
        #expect(gatherer.takeDue(at: last.adding(milliseconds: 6), isClear: false).isEmpty)
        #expect(gatherer.deadline(isClear: false) == gatherer.deadline()?.adding(milliseconds: 15))
        #expect(!gatherer.takeDue(at: last.adding(milliseconds: 20), isClear: false).isEmpty)
    }

    @Test func theyGoOutWithTheAcknowledgementOfThoseBeforeThem() {
        let (_, last) = burst(100)
        #expect(gatherer.takeDue(at: last.adding(milliseconds: 6), isClear: false).isEmpty)
        #expect(!gatherer.takeDue(at: last.adding(milliseconds: 6), isClear: true).isEmpty)
    }

    @Test func largeResultsAreNotGatheredInMemory() {
        let (sent, _) = burst(100, bytes: 200_000)
        #expect(sent.count >= 98)
    }
}

extension MonotonicTime {
    fileprivate func adding(microseconds: Int64) -> MonotonicTime { adding(nanoseconds: microseconds * 1000) }
}
