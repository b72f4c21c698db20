import Messages
import Testing

@testable import Scheduling

@Suite struct NodeCoreTests {
    private var dispatcher = Dispatcher(slotCount: 1, backpressure: .init())
    private var tokens: [UInt64] = []

    /// A node that has partition 0, of which a commit says that offsets 1, 2 and 9 are done, and has read the first two.
    private mutating func coreWithClaim() throws -> NodeCore {
        let mark = LogMark(offset: 0, digest: 100)
        let map = try #require(DoneMap(first: mark, runs: [1...2, 9...9], last: LogMark(offset: 9, digest: 109)))
        var core = NodeCore()
        _ = core.handle(.assigned([0], isCooperative: true), &dispatcher, at: time(0))
        _ = core.handle(.committedBefore([0: DoneMapCodec.encode([map])], number: 1), &dispatcher, at: time(0))
        let coordinates = RequestCoordinates(partition: 0, generation: 1, offset: 0)
        let taken = core.take(partition: 0, offset: 0, digest: 100, bytes: 1)
        #expect(taken == .run(coordinates, token: 1 << 20))
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

    /// Partition 0, and in flight so many of its requests.
    private mutating func coreInFlight(_ count: Int64) throws -> NodeCore {
        var core = NodeCore(NodeCore.Settings(commitIntervalMs: 25))
        _ = core.handle(.assigned([0], isCooperative: true), &dispatcher, at: time(0))
        _ = core.handle(.committedBefore([0: nil], number: 1), &dispatcher, at: time(0))
        for offset in 0..<count {
            let taken = core.take(partition: 0, offset: offset, digest: UInt64(offset), bytes: 1)
            guard case .run(_, let token) = taken else { continue }
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
        #expect(core.nextDeadline(dispatcher.backpressure, at: time(101)) == time(10_101))
        _ = core.acknowledge(tokens[1], .result, .completed)
        #expect(core.nextDeadline(dispatcher.backpressure, at: time(102)) == time(125))
        #expect(core.handle(.turn(.init()), &dispatcher, at: time(125)).contains { $0.isCommit })
        #expect(core.nextDeadline(dispatcher.backpressure, at: time(125)) == time(10_101))
    }

    @Test mutating func whatIsDoneBesideARevocationInADrainWaitsForThatsEnd() throws {
        var core = try coreInFlight(2)
        _ = core.handle(.stop(drainMs: 10_000), &dispatcher, at: time(0))
        _ = core.handle(.revoked([0], isLost: false), &dispatcher, at: time(0))
        _ = core.acknowledge(tokens[0], .result, .completed)
        #expect(core.nextDeadline(dispatcher.backpressure, at: time(1)) == time(1000))
    }

    @Test mutating func aNodeThatEndsIsNotWokenForItsFullQueue() throws {
        var core = try coreInFlight(1)
        _ = core.applyBackpressure(isOutputFull: true, &dispatcher, at: time(0))
        #expect(core.nextDeadline(dispatcher.backpressure, at: time(1)) == time(100))
        _ = core.handle(.stop(drainMs: 10_000), &dispatcher, at: time(1))
        #expect(core.nextDeadline(dispatcher.backpressure, at: time(1)) == time(10_001))
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
    fileprivate var isCommit: Bool {
        if case .commit = self { true } else { false }
    }
}
