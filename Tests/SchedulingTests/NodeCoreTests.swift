import Messages
import Testing

@testable import Scheduling

@Suite struct NodeCoreTests {
    private var dispatcher = Dispatcher(slotCount: 1, backpressure: .init())
    private var tokens: [UInt64] = []
    private var told: [NodeAction] = []

    /// A node that has partition 0, of which a commit says that offsets 1, 2 and 9 are done, and has read the first two.
    private mutating func coreWithClaim() throws -> NodeCore {
        let mark = LogMark(offset: 0, digest: 100)
        let map = try #require(DoneMap(first: mark, runs: [1...2, 9...9], last: LogMark(offset: 9, digest: 109)))
        var core = NodeCore()
        _ = core.handle(.assigned([0], isCooperative: true), &dispatcher, at: time(0))
        _ = core.handle(
            .committedBefore([0: StoredCommit(position: nil, metadata: CommitMetadataCodec.encode([map]))], number: 1),
            &dispatcher, at: time(0))
        let coordinates = RequestCoordinates(partition: 0, generation: 1, offset: 0)
        let taken = core.take(partition: 0, offset: 0, digest: 100, bytes: 1)
        #expect(taken == .run(coordinates, token: 1 << 20, failures: 0))
        #expect(core.take(partition: 0, offset: 1, digest: 101, bytes: 1) == .skip)
        return core
    }

    @Test mutating func aLogThatGoesOnToEndBeforeWhatWasDoneIsReadAgain() throws {
        var core = try coreWithClaim()
        let patience = NodeCore.earlyEndPatienceMs
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(1000)).isEmpty)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(patience + 999)).isEmpty)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(patience + 1000)).contains(.seek(0, to: 1)))
    }

    @Test mutating func theEndOfAPausedPartitionIsOldAndSaysNothing() throws {
        var core = try coreWithClaim()
        let patience = NodeCore.earlyEndPatienceMs
        let prefetch = PartitionPrefetch(queued: 9, cameTo: 9, isComplete: true, isNearlyUsedUp: true)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(1000)).isEmpty)
        _ = core.applyBackpressure(isOutputFull: true, &dispatcher, at: time(2000))
        _ = core.applyBackpressure(isOutputFull: true, &dispatcher, at: time(2100))
        #expect(core.handle(.prefetched([0: prefetch]), &dispatcher, at: time(2100)).contains(.pause([0])))
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(patience + 1000)).isEmpty)
        _ = core.applyBackpressure(isOutputFull: false, &dispatcher, at: time(patience + 1000))
        #expect(core.handle(.prefetched([0: prefetch]), &dispatcher, at: time(patience + 1000)).contains(.resume([0])))
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(patience + 1001)).isEmpty)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(2 * patience + 1001)).contains(.seek(0, to: 1)))
    }

    /// Partition 0, and in flight so many of its requests.
    private mutating func coreInFlight(_ count: Int64) throws -> NodeCore {
        var core = NodeCore(NodeCore.Settings(commitIntervalMs: 25))
        _ = core.handle(.assigned([0], isCooperative: true), &dispatcher, at: time(0))
        _ = core.handle(
            .committedBefore([0: StoredCommit(position: nil, metadata: nil)], number: 1), &dispatcher, at: time(0))
        for offset in 0..<count {
            let taken = core.take(partition: 0, offset: offset, digest: UInt64(offset), bytes: 1)
            guard case .run(_, let token, _) = taken else { continue }
            core.plan(inFlightRequest(token, offset: offset))
            tokens.append(token)
        }
        try #require(tokens.count == count)
        return core
    }

    @Test mutating func whatBecomesDoneInADrainWakesATurnForItsCommit() throws {
        var core = try coreInFlight(3)
        _ = core.acknowledge(tokens[0], .result, .completed)
        #expect(core.handle(.turn(.init()), &dispatcher, at: time(100)).contains { $0.isCommit })
        _ = core.handle(.commitAnswered(number: 1, stored: [0], hasFailure: false), &dispatcher, at: time(101))
        _ = core.handle(.stop(drainMs: 10_000), &dispatcher, at: time(101))
        #expect(core.nextDeadline(dispatcher.backpressure) == time(10_101))
        _ = core.acknowledge(tokens[1], .result, .completed)
        #expect(core.nextDeadline(dispatcher.backpressure) == time(125))
        #expect(core.handle(.turn(.init()), &dispatcher, at: time(125)).contains { $0.isCommit })
        #expect(core.nextDeadline(dispatcher.backpressure) == time(10_101))
    }

    @Test mutating func whatIsDoneBesideARevocationInADrainWaitsForThatsEnd() throws {
        var core = try coreInFlight(2)
        _ = core.handle(.stop(drainMs: 10_000), &dispatcher, at: time(0))
        _ = core.handle(.revoked([0], isLost: false), &dispatcher, at: time(0))
        _ = core.acknowledge(tokens[0], .result, .completed)
        #expect(core.nextDeadline(dispatcher.backpressure) == time(1000))
    }

    @Test mutating func aNodeThatEndsIsNotWokenForItsFullQueue() throws {
        var core = try coreInFlight(1)
        _ = core.applyBackpressure(isOutputFull: true, &dispatcher, at: time(0))
        #expect(core.nextDeadline(dispatcher.backpressure) == time(100))
        _ = core.handle(.stop(drainMs: 10_000), &dispatcher, at: time(1))
        #expect(core.nextDeadline(dispatcher.backpressure) == time(10_001))
    }

    /// Partition 0, of which the first records are not done and so many behind them are.
    private mutating func coreBlocked(notDone: Int, done: Int64) throws -> NodeCore {
        var core = try coreInFlight(Int64(notDone) + done)
        for token in tokens.dropFirst(notDone) { _ = core.acknowledge(token, .result, .completed) }
        _ = core.takeable(&dispatcher, at: time(0))
        told = core.handle(.turn(.init()), &dispatcher, at: time(0))
        return core
    }

    @Test mutating func aPartitionWhoseCommitIsFullIsHeldAndThatIsToldOnce() throws {
        var core = try coreBlocked(notDone: 500, done: 23_500)
        #expect(told.contains(.tell(.metadataFull(0))))
        #expect(core.metadataFullCount == 1)
        #expect(core.takeable(&dispatcher, at: time(500)).partitions.isEmpty)
        #expect(!core.handle(.turn(.init()), &dispatcher, at: time(1200)).contains { $0.isTold })
        for token in tokens[..<400] { _ = core.acknowledge(token, .result, .completed) }
        #expect(core.takeable(&dispatcher, at: time(1300)).partitions == [0])
        // A second after it was last held.
        #expect(!core.handle(.turn(.init()), &dispatcher, at: time(1499)).contains { $0.isTold })
        #expect(core.handle(.turn(.init()), &dispatcher, at: time(1500)).contains(.tell(.metadataFits(0))))
        #expect(core.metadataFullCount == 0)
    }

    @Test mutating func aPartitionThatIsGivenUpIsHeldNoLonger() throws {
        var core = try coreBlocked(notDone: 500, done: 23_500)
        #expect(core.metadataFullCount == 1)
        let told = core.handle(.revoked([0], isLost: true), &dispatcher, at: time(1))
        #expect(core.metadataFullCount == 0 && !told.contains(.tell(.metadataFits(0))))
    }

    @Test mutating func aPartitionIsNotHeldForAsMuchAsALargeQueueHasRoomFor() throws {
        dispatcher = Dispatcher(slotCount: 1, backpressure: .init(queueDepth: 50_000, maxInFlight: 60_000))
        var core = try coreBlocked(notDone: 0, done: 10)
        let open = core.takeable(&dispatcher, at: time(1))
        #expect(open.room > 23_500 && open.share == NodeCore.largestShare && open.partitions == [0])
    }

    @Test mutating func aNewLeaderThatShowsAllRecordsInTheEndHasTheSameLog() throws {
        var core = try coreWithClaim()
        let patience = NodeCore.earlyEndPatienceMs
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(0)).isEmpty)
        #expect(core.handle(.ends([0: 12]), &dispatcher, at: time(patience - 1)).isEmpty)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(patience)).isEmpty)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(2 * patience - 1)).isEmpty)
    }
}

extension NodeAction {
    /// A hold for a full commit begins or ends.
    fileprivate var isTold: Bool {
        switch self {
        case .tell(.metadataFull), .tell(.metadataFits): true
        default: false
        }
    }

    fileprivate var isCommit: Bool {
        if case .commit = self { true } else { false }
    }
}
