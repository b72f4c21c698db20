import Messages
import Scheduling
import Testing

@testable import Worker

@Suite struct DeliveryTokenTests {
    @Test(arguments: ResultStatus.allCases)
    func aDeliveryTokenCarriesTheRequestItsPartAndItsStatus(status: ResultStatus) {
        for part in [MessagePart.result, .resultOfTwo, .deadLetter] {
            for token in [1 << 40, InFlightTable.largestToken] {
                let message = OutgoingMessage(
                    topic: "t", key: nil, value: nil, headers: .list([]), token: token, part: part, status: status)
                let split = OutgoingMessage.split(deliveryToken: message.deliveryToken)
                #expect(split == (token, part, status))
            }
        }
    }

    @Test func lateSamplesOfTheHistoryAreRates() {
        #expect(History.perInterval(100, elapsedMs: 1000) == 100)
        #expect(History.perInterval(9654, elapsedMs: 480_000) == 20)
        #expect(History.perInterval(5, elapsedMs: 900) == 5)
    }
}
