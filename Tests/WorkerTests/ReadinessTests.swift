import Scheduling
import Testing

@testable import Worker

@Suite struct ReadinessTests {
    private let health = NodeHealth(StopRequest())
    private let brokers = BrokerBoard(log: Log(format: .json) { _ in })
    private let board = PartitionBoard()
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private var readiness: Readiness {
        Readiness(health: health, brokers: brokers, board: board, brokersAwayMs: 30_000, unacknowledgedMs: 30_000)
    }

    private func after(_ seconds: Int) -> MonotonicTime { start.adding(milliseconds: seconds * 1000) }

    private func see(silentMs: Double, at time: MonotonicTime) {
        let broker = BrokerSighting(
            address: "a:9092", node: 1, condition: .down, roundTripMs: nil, silentMs: silentMs)
        brokers.see([broker], by: "consumer", at: time)
    }

    @Test func aMemberOfItsGroupIsReady() {
        #expect(readiness.unreadyReason(at: start) == "has not joined the group")
        health.noteJoined(partitions: [])
        #expect(readiness.unreadyReason(at: start) == nil)
    }

    @Test func noBrokerForSoLongIsNamedWithWhatIsWrongWithIt() {
        health.noteJoined(partitions: [0])
        see(silentMs: 3000, at: start)
        brokers.note(error: "a:9092/1: Connection refused")
        #expect(readiness.unreadyReason(at: after(1)) == nil)
        see(silentMs: 28_000, at: after(25))
        #expect(readiness.unreadyReason(at: after(26)) == nil)
        let reason = "no broker has answered for 31 s: a:9092 (a:9092/1: Connection refused)"
        #expect(readiness.unreadyReason(at: after(28)) == reason)
        see(silentMs: 4, at: after(30))
        #expect(readiness.unreadyReason(at: after(31)) == nil)
    }

    @Test func aResultThatIsNotAcknowledgedForSoLongIsTold() {
        health.noteJoined(partitions: [0])
        board.post([], unacknowledgedSince: start)
        #expect(readiness.unreadyReason(at: after(29)) == nil)
        #expect(readiness.unreadyReason(at: after(30)) == "a result has not been acknowledged for 30 s")
        board.post([], unacknowledgedSince: nil)
        #expect(readiness.unreadyReason(at: after(31)) == nil)
    }

    @Test func aNodeThatGoesSaysSoWhateverElseIsWrong() {
        see(silentMs: 60_000, at: start)
        health.noteDraining()
        #expect(readiness.unreadyReason(at: after(1)) == "draining")
    }
}
