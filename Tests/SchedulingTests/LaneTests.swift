import Messages
import Testing

@testable import Scheduling

@Suite struct LaneTests {
    private static let a = Lane(partition: 0, key: 1)
    private static let b = Lane(partition: 0, key: 2)
    private var dispatcher = Dispatcher(slotCount: 3, backpressure: .init(queueDepth: 8, resumeDepth: 4))

    private mutating func admit(_ steps: (offset: Int64, lane: Lane?)...) throws {
        _ = dispatcher.admit(try steps.map { try step(offset: $0.offset, lane: $0.lane) })
    }

    /// The offsets of the step that the slot begins and of those behind it.
    private mutating func begin(_ slot: Int) -> [Int64] {
        guard case .run(let step, let ahead, _) = dispatcher.next(for: slot, at: time(0)) else { return [] }
        return ([step] + ahead).map(\.coordinates.offset)
    }

    private mutating func finish(_ slot: Int) { _ = dispatcher.finish(slot: slot, .good, at: time(0)) }

    @Test func aRecordWithoutKeyWaitsForNoneUnlessItsPartitionDoes() {
        #expect(Ordering.key.lane(partition: 3, key: nil) == nil)
        #expect(Ordering.partition.lane(partition: 3, key: nil) == Lane(partition: 3))
        #expect(Ordering.unordered.lane(partition: 3, key: [1]) == nil)
    }

    @Test func aLaneIsAKeyOfAPartition() {
        #expect(Ordering.key.lane(partition: 3, key: [1]) == Ordering.key.lane(partition: 3, key: [1]))
        #expect(Ordering.key.lane(partition: 3, key: [1]) != Ordering.key.lane(partition: 3, key: [2]))
        #expect(Ordering.key.lane(partition: 3, key: [1]) != Ordering.key.lane(partition: 4, key: [1]))
        #expect(Ordering.key.lane(partition: 3, key: []) != nil)
    }

    @Test mutating func ofALaneOneRunsAtATimeAndOthersPass() throws {
        try admit((0, Self.a), (1, Self.a), (2, Self.b), (3, nil))
        #expect(begin(0) == [0])
        #expect(begin(1) == [2])
        #expect(begin(2) == [3])
        finish(1)
        #expect(begin(1) == [], "the next of the lane waits for the one before it")
        finish(0)
        #expect(begin(0) == [1])
    }

    @Test mutating func whatRunsAgainComesBeforeWhatFollowsItInItsLane() throws {
        try admit((0, Self.a), (1, Self.a))
        #expect(begin(0) == [0])
        _ = dispatcher.putBack(slot: 0, .again(.counted), at: time(0))
        #expect(begin(1) == [0])
        #expect(begin(2) == [])
    }

    @Test mutating func whatWasTakenBackWaitsForTheOneThatRunsAgain() throws {
        try dispatcher.learn()
        try admit((0, Self.a), (1, Self.a))
        #expect(begin(0) == [0, 1])
        _ = dispatcher.takeBack(slot: 0)
        #expect(begin(1) == [], "the first of the lane still runs")
        _ = dispatcher.putBack(slot: 0, .again(.counted), at: time(0))
        #expect(begin(1) == [0])
    }

    @Test mutating func shortStepsOfALaneFollowEachOtherOnOneHostOnly() throws {
        try dispatcher.learn()
        try admit((0, Self.a), (1, Self.b), (2, Self.a))
        #expect(begin(0) == [0, 1, 2])
        try admit((3, Self.a), (4, nil))
        #expect(begin(1) == [4], "the lane is another host's")
        let (more, _) = dispatcher.finishAnswered(
            slot: 0, tookNanoseconds: [10_000], mayTakeMore: true, at: time(0))
        #expect(more.map(\.coordinates.offset) == [3])
    }

    @Test mutating func whatWaitsForItsLaneIsToldByKeyAndByPartition() throws {
        try admit((0, Self.a), (1, Self.a), (2, Self.a), (3, Lane(partition: 0)), (4, Lane(partition: 0)))
        #expect(dispatcher.waiting == [.key: 2, .partition: 1])
        #expect(begin(0) == [0])
        #expect(dispatcher.waiting == [.key: 2, .partition: 1])
        finish(0)
        #expect(dispatcher.waiting == [.key: 1, .partition: 1])
    }

    @Test mutating func lanesThatWaitHoldTheirPartitionsOnceTheyFillHalfTheQueue() throws {
        try admit((0, Self.a), (1, Self.a), (2, Self.a), (3, Self.a), (4, nil))
        #expect(dispatcher.partitionsToHold() == [])
        try admit((5, Self.a))
        #expect(dispatcher.partitionsToHold() == [0])
    }

    @Test mutating func aNodeThatHoldsTakesAgainWhenWhatIsLeftOnlyWaits() throws {
        for offset in 0..<6 { try admit((Int64(offset), Self.a)) }
        try admit((6, nil), (7, nil))
        #expect(dispatcher.updateBackpressure(at: time(0)) == .goesOn)
        #expect([begin(0), begin(1), begin(2)] == [[0], [6], [7]])
        #expect(dispatcher.depth == 5 && dispatcher.backpressure.settings.resumeDepth == 4)
        #expect(dispatcher.updateBackpressure(at: time(0)) == .mayResume)
        #expect(dispatcher.capacity == 1)
    }

    @Test mutating func nobodyIsWokenForStepsThatWaitForTheirLane() throws {
        try admit((0, Self.a), (1, Self.a))
        #expect(begin(0) == [0])
        #expect(begin(1) == [] && begin(2) == [])
        #expect(dispatcher.admit(try step(offset: 2, lane: Self.a)) == [])
        #expect(dispatcher.finish(slot: 0, .good, at: time(0)).slots == [1])
    }

    @Test func externalStepsFollowThoseOfTheirLaneOnly() throws {
        var dispatcher = Dispatcher(
            slotCount: 1, backpressure: .init(queueDepth: 20, resumeDepth: 4), external: [1])
        try dispatcher.learn(1)
        _ = dispatcher.admit(
            try [(0, Self.a), (1, Self.b), (2, Self.a), (3, nil)].map {
                try step(offset: $0.0, strategy: 1, lane: $0.1)
            })
        guard case .run(_, let ahead, _) = dispatcher.next(for: 0, at: time(0)) else {
            Issue.record("nothing runs")
            return
        }
        #expect(ahead.map(\.coordinates.offset) == [2, 3])
    }

    @Test mutating func aLaneOfAPartitionThatIsGivenUpIsForgotten() throws {
        try admit((0, Self.a), (1, Self.a), (2, Self.a))
        #expect(begin(0) == [0])
        #expect(dispatcher.dropQueued(partitions: [0]).count == 2)
        // The partition comes back before the slot has found its host lost.
        try admit((3, Self.a))
        #expect(dispatcher.giveUpRunning(partitions: [0]) == [0])
        #expect(begin(1) == [], "what runs under the assignment before has not ended")
        _ = dispatcher.putBack(slot: 0, at: time(0))
        #expect(begin(1) == [3])
        finish(1)
        #expect(dispatcher.queue.lanes.isEmpty)
    }

    @Test mutating func oneThatHasExpiredIsRefusedInItsTurn() throws {
        let until = #","expires_at":"2020-01-01T00:00:00Z""#
        try admit((0, Self.a))
        _ = dispatcher.admit([try step(offset: 1, lane: Self.a, more: until)])
        #expect(begin(0) == [0])
        _ = dispatcher.observe(othersMB: 0, at: time(0), Timestamp(milliseconds: .max))
        #expect(begin(1) == [])
        finish(0)
        guard case .refuse(let step, .expired, _) = dispatcher.next(for: 1, at: time(0)) else {
            Issue.record("it is not refused")
            return
        }
        #expect(step.coordinates.offset == 1)
    }
}
