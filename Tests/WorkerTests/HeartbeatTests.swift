import Scheduling
import Synchronization
import Testing

@testable import Worker

@Suite struct HeartbeatTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private func after(_ ms: Int) -> MonotonicTime { start.adding(milliseconds: ms) }

    @Test func aThreadThatHasNotBegunIsNotMissed() {
        let beats = Heartbeats()
        #expect(beats.ages(at: start).isEmpty)
        #expect(beats.stuckReason(at: after(60_000)) == nil)
    }

    @Test func theThreadThatHangsIsNamed() {
        let beats = Heartbeats()
        beats.beat(.consumer, at: start)
        beats.beat(.monitor, at: after(30_000))
        #expect(beats.stuckReason(at: after(9000)) == nil)
        #expect(beats.stuckReason(at: after(31_000)) == "the consumer thread has not moved for 31 s")
        #expect(
            beats.stuckReason(at: after(50_000))
                == "the consumer thread has not moved for 50 s; the monitor thread has not moved for 20 s")
    }

    @Test func oneThatWaitsForABrokerOrADiskMakesNoProcessUnwell() {
        let beats = Heartbeats()
        beats.beat(.lag, at: start)
        beats.beat(.data, at: start)
        #expect(beats.stuckReason(at: after(600_000)) == nil)
        #expect(beats.ages(at: after(600_000)).map(\.ms) == [600_000, 600_000])
    }

    @Test func oneThatHasNothingToDoIsNotLateBeforeItShouldMove() {
        let beats = Heartbeats()
        beats.beat(.data, at: start)
        beats.rest(.data, until: after(60_000))
        #expect(beats.ages(at: after(50_000)).map(\.ms) == [0])
        #expect(beats.ages(at: after(62_000)).map(\.ms) == [2000])
    }

    @Test func theHostsAreWatchedOverToo() {
        let look = start
        let beats = Heartbeats { look }
        #expect(beats.stuckReason(at: after(11_000)) == "the hosts thread has not moved for 11 s")
    }
}
