import Testing

@testable import Scheduling

@Suite struct NodeCoreTests {
    private var dispatcher = Dispatcher(slotCount: 1, backpressure: .init())

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

    @Test mutating func aNewLeaderThatShowsAllRecordsInTheEndHasTheSameLog() throws {
        var core = try coreWithClaim()
        let patience = NodeCore.earlyEndPatienceMs
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(0)).isEmpty)
        #expect(core.handle(.ends([0: 12]), &dispatcher, at: time(patience - 1)).isEmpty)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(patience)).isEmpty)
        #expect(core.handle(.ends([0: 5]), &dispatcher, at: time(2 * patience - 1)).isEmpty)
    }
}
