import Testing

@testable import Scheduling

@Suite final class NodeCorePrefetchTests {
    private var dispatcher = Dispatcher(slotCount: 1, backpressure: .init(pauseAfterMs: 100))
    private var core = NodeCore()

    init() {
        _ = core.handle(.assigned([0, 1], isCooperative: true), &dispatcher, at: time(0))
    }

    /// The node holds, or flows, because of its output.
    private func apply(isFull: Bool, at ms: Int) {
        _ = core.applyBackpressure(isOutputFull: isFull, &dispatcher, at: time(ms))
    }

    /// Partitions that are told of at a time, and what is done about them.
    private func tell(_ found: [Int32: PartitionPrefetch], at ms: Int) -> [NodeAction] {
        core.handle(.prefetched(found), &dispatcher, at: time(ms)).filter {
            if case .tell = $0 { false } else { true }
        }
    }

    private func found(_ queued: Int, to: Int64 = 100, isComplete: Bool = true, isUsedUp: Bool = false)
        -> PartitionPrefetch
    {
        PartitionPrefetch(queued: queued, cameTo: to, isComplete: isComplete, isNearlyUsedUp: isUsedUp)
    }

    @Test func aHoldThatLastsPausesWhatIsComplete() {
        apply(isFull: true, at: 0)
        #expect(core.prefetchInQuestion(at: time(0)).isEmpty)
        #expect(core.nextDeadline(dispatcher.backpressure) == time(100))
        apply(isFull: true, at: 100)
        #expect(core.prefetchInQuestion(at: time(100)) == [0, 1])
        #expect(tell([0: found(9), 1: found(9, isComplete: false)], at: 100) == [.pause([0])])
        #expect(dispatcher.backpressure.pauses == 1)
        #expect(dispatcher.backpressure.isPaused)
        // The other is looked at again a little later, and no turn before that is due.
        #expect(core.prefetchInQuestion(at: time(101)).isEmpty)
        #expect(core.nextDeadline(dispatcher.backpressure) == time(150))
        #expect(core.prefetchInQuestion(at: time(150)) == [1])
        #expect(tell([1: found(20, to: 111)], at: 150) == [.pause([1])])
        #expect(core.nextDeadline(dispatcher.backpressure) == nil)
    }

    @Test func whatHasNotBegunToComeIsNotComplete() {
        apply(isFull: true, at: 0)
        apply(isFull: true, at: 100)
        #expect(tell([0: found(0)], at: 100).isEmpty)
        #expect(tell([0: found(1, to: 101)], at: 150) == [.pause([0])])
    }

    @Test func whereNothingComesForLongNothingIsUnderWay() {
        apply(isFull: true, at: 0)
        apply(isFull: true, at: 100)
        #expect(tell([0: found(0, isComplete: false)], at: 100).isEmpty)
        #expect(tell([0: found(5, to: 105, isComplete: false)], at: 400).isEmpty)
        #expect(tell([0: found(5, to: 105, isComplete: false)], at: 899).isEmpty)
        #expect(tell([0: found(5, to: 105, isComplete: false)], at: 900) == [.pause([0])])
    }

    @Test func aPausedPartitionIsResumedByItselfWhenWhatIsKeptIsNearlyUsedUp() {
        apply(isFull: true, at: 0)
        apply(isFull: true, at: 100)
        #expect(tell([0: found(9), 1: found(9)], at: 100) == [.pause([0, 1])])
        apply(isFull: false, at: 200)
        #expect(core.prefetchInQuestion(at: time(200)) == [0, 1])
        #expect(tell([0: found(0), 1: found(0, isUsedUp: true)], at: 200) == [.resume([1])])
        #expect(dispatcher.backpressure.isPaused)
        #expect(core.prefetchInQuestion(at: time(201)) == [0])
        // What is resumed is not paused again before anything of it has come.
        apply(isFull: true, at: 300)
        apply(isFull: true, at: 400)
        #expect(tell([1: found(0)], at: 400).isEmpty)
        apply(isFull: false, at: 500)
        #expect(tell([0: found(0, isUsedUp: true)], at: 500) == [.resume([0])])
        #expect(!dispatcher.backpressure.isPaused)
        #expect(core.prefetchInQuestion(at: time(501)).isEmpty)
    }

    @Test func aPauseOutlivesItsAssignmentAndIsResumedWithTheNext() {
        apply(isFull: true, at: 0)
        apply(isFull: true, at: 100)
        _ = tell([0: found(9)], at: 100)
        _ = core.handle(.revoked([0], isLost: true), &dispatcher, at: time(200))
        #expect(!dispatcher.backpressure.isPaused)
        apply(isFull: false, at: 300)
        #expect(core.prefetchInQuestion(at: time(300)).isEmpty)
        _ = core.handle(.assigned([0], isCooperative: true), &dispatcher, at: time(400))
        #expect(dispatcher.backpressure.isPaused)
        #expect(core.prefetchInQuestion(at: time(400)) == [0])
        #expect(tell([0: found(0, isUsedUp: true)], at: 400) == [.resume([0])])
    }
}
