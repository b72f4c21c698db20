import Messages
import Scheduling
import Testing

@testable import Worker

@Suite struct UnacknowledgedTests {
    private let start = MonotonicTime(nanoseconds: 0)

    private func after(_ seconds: Int) -> MonotonicTime { start.adding(milliseconds: seconds * 1000) }

    @Test func theOldestCountsFromWhenItWasFirstSeen() {
        var results = Unacknowledged()
        #expect(results.look([], at: start) == nil)
        #expect(results.look([7, 8], at: after(1)) == after(1))
        #expect(results.look([8, 9], at: after(2)) == after(1))
        #expect(results.look([9], at: after(3)) == after(2))
        #expect(results.look([], at: after(4)) == nil)
        #expect(results.look([9], at: after(5)) == after(5))
    }

    @Test(arguments: ResultStatus.allCases)
    func aDeliveryTokenCarriesTheRequestItsPartAndItsStatus(status: ResultStatus) {
        for part in [OutgoingMessage.Part.result, .resultOfTwo, .deadLetter] {
            let message = OutgoingMessage(
                topic: "t", key: nil, value: nil, headers: [], token: 1 << 40, part: part, status: status)
            let split = OutgoingMessage.split(deliveryToken: message.deliveryToken)
            #expect(split == (1 << 40, part, status))
        }
    }

    @Test func lateSamplesOfTheHistoryAreRates() {
        #expect(History.perInterval(100, elapsedMs: 1000) == 100)
        #expect(History.perInterval(9654, elapsedMs: 480_000) == 20)
        #expect(History.perInterval(5, elapsedMs: 900) == 5)
    }
}
