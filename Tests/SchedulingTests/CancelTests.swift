import Messages
import Testing

@testable import Scheduling

/// Requests that are not wanted any more, wherever they are.
@Suite struct CancelTests {
    private func dispatcher(_ steps: [Step] = [], slots: Int = 1) -> Dispatcher {
        var dispatcher = Dispatcher(
            slotCount: slots, backpressure: .init(queueDepth: 100, resumeDepth: 1, pauseAfterMs: 0))
        _ = dispatcher.admit(steps)
        return dispatcher
    }

    /// Of the step of this offset.
    private func order(_ offset: Int64, at milliseconds: Int64 = 0) -> CancelOrder {
        CancelOrder(.request("0-\(offset)"), time: Timestamp(milliseconds: milliseconds))
    }

    private func refused(_ assignment: Dispatcher.Assignment) -> Int64? {
        if case .refuse(let step, .cancelled, _) = assignment { step.coordinates.offset } else { nil }
    }

    @Test func aMessageSaysWhatIsNotWanted() throws {
        for target in [CancelOrder.Target.request("r\"1"), .sweep("s:2")] {
            let order = CancelOrder(target, time: Timestamp(milliseconds: 1_700_000_000_123))
            #expect(try CancelOrder.parse(order.encoded()) == order)
        }
        for text in [
            "", "1", "{}", #"{"type":"cancel","request_id":"r"}"#,
            #"{"type":"cancel","time":"2026-01-01T00:00:00Z"}"#,
            #"{"type":"cancel","time":"2026-01-01T00:00:00Z","request_id":"r","optimization_id":"s"}"#,
            #"{"type":"pause","time":"2026-01-01T00:00:00Z","request_id":"r"}"#,
            #"{"type":"cancel","time":"yesterday","request_id":"r"}"#,
            #"{"type":"cancel","time":"2026-01-01T00:00:00Z","request_id":"\#(String(repeating: "x", count: 257))"}"#,
        ] {
            #expect(throws: RequestProblem.self, "\(text)") { try CancelOrder.parse(Array(text.utf8)) }
        }
    }

    @Test func whatIsQueuedHasItsResultInTurnAndOthersRun() throws {
        var dispatcher = dispatcher([try step(offset: 0), try step(offset: 1)])
        let (_, ended) = dispatcher.cancel(order(1))
        #expect(ended.isEmpty)
        #expect(refused(dispatcher.next(for: 0, at: time(0))) == 1)
        _ = dispatcher.finish(slot: 0, at: time(0))
        guard case .run(let next, _, _) = dispatcher.next(for: 0, at: time(0)) else {
            Issue.record("nothing runs")
            return
        }
        #expect(next.coordinates.offset == 0)
    }

    @Test func whatComesLaterIsRefusedAndWhatIsSubmittedLaterRuns() throws {
        var dispatcher = dispatcher()
        _ = dispatcher.cancel(order(1, at: 100))
        for (milliseconds, isRefused) in [(Int64(100), true), (101, false)] {
            let base = try step(offset: 1)
            let later = Step(
                request: base.request, origin: base.origin, coordinates: base.coordinates, limits: base.limits,
                arrivedAt: time(0), recordTime: Timestamp(milliseconds: milliseconds), token: UInt64(milliseconds))
            _ = dispatcher.admit(later)
            let assignment = dispatcher.next(for: 0, at: time(0))
            #expect((refused(assignment) != nil) == isRefused)
            _ = dispatcher.finish(slot: 0, at: time(0))
        }
    }

    @Test func theStepsOfASweepAreThoseThatItsNameIsIn() throws {
        var cancels = CancelledRequests()
        cancels.note(CancelOrder(.sweep("a:b"), time: Timestamp(milliseconds: 5)))
        func covers(_ id: String, type: String = "optimization") throws -> Bool {
            let text = #"{"request_id":"\#(id)","type":"\#(type)","strategy":{"name":"noop"}}"#
            let base = try step(offset: 0)
            return cancels.cover(
                Step(
                    request: try StrategyRequest.parse(Array(text.utf8)), origin: base.origin,
                    coordinates: base.coordinates, limits: base.limits, arrivedAt: time(0), token: 1))
        }
        #expect(try covers("a:b:0123456789abcdef:7"))
        #expect(try !covers("a:0123456789abcdef:7"))
        #expect(try !covers("a:b:0123456789abcdef:7", type: "backtest"))
        #expect(try !covers("a:b"))
    }

    @Test func aWalkForwardIsItsWindowsAndNoSweepThatIsMerelyCalledLikeOne() throws {
        let window = #","walk_forward_window":{"number":2}"#
        for (id, member, isCovered) in [
            ("a:b.w2", window, true), ("a:b.w2", "", false), ("a:b", "", true), ("a:b", window, true),
            ("a:b.x2", window, false), ("a:b.w02", window, false), ("a:b.w2.w3", window, false),
            ("b.w2", window, false),
        ] {
            let text =
                #"{"request_id":"\#(id):0123456789abcdef:7","type":"optimization","strategy":{"name":"noop"}\#(member)}"#
            let base = try step(offset: 0)
            let step = Step(
                request: try StrategyRequest.parse(Array(text.utf8)), origin: base.origin,
                coordinates: base.coordinates, limits: base.limits, arrivedAt: time(0), token: 1)
            let order = CancelOrder(.sweep("a:b"), time: Timestamp(milliseconds: 5))
            var cancels = CancelledRequests()
            cancels.note(order)
            #expect(cancels.cover(step) == isCovered && CancelledRequests.covers(order, step) == isCovered, "\(id)")
        }
    }

    @Test func aHostIsEndedOnceForAStepHoweverManyOrdersCome() throws {
        var dispatcher = dispatcher([try step(offset: 0)])
        _ = dispatcher.next(for: 0, at: time(0))
        let ended = [order(0), order(0), order(9)].map { dispatcher.cancel($0).ended }
        #expect(ended == [[0], [], []])
    }

    @Test func whatRunsHasItsHostEndedAndIsOver() throws {
        var dispatcher = dispatcher([try step(offset: 0)])
        _ = dispatcher.next(for: 0, at: time(0))
        let (_, ended) = dispatcher.cancel(order(0))
        #expect(ended == [0])
        let ending = dispatcher.ending(slot: 0)
        #expect(ending == .cancelled)
        #expect(Disposition.of(AttemptEnd(.gone, ending: ending), attempt: 1) == .publish)
    }

    /// Its host is killed, perhaps after it has answered: the next step is not to blame.
    @Test func whatRunsNextOnAHostThatIsEndedIsNotToBlame() throws {
        var dispatcher = dispatcher([try step(offset: 0), try step(offset: 1)])
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.cancel(order(0))
        _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1000], at: time(0))
        _ = dispatcher.next(for: 0, at: time(0))
        #expect(dispatcher.ending(slot: 0) == .givenUp)
    }

    @Test func whatIsWrittenAheadEndsItsHostWhenItBegins() throws {
        var dispatcher = dispatcher()
        try dispatcher.learn()
        _ = dispatcher.admit([try step(offset: 0), try step(offset: 1), try step(offset: 2)])
        guard case .run(_, let ahead, _) = dispatcher.next(for: 0, at: time(0)) else {
            Issue.record("nothing runs")
            return
        }
        #expect(ahead.map(\.coordinates.offset) == [1, 2])
        let (_, ended) = dispatcher.cancel(order(1))
        #expect(ended.isEmpty, "another step runs")
        let (_, wakes) = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1000], at: time(0))
        #expect(wakes.endsHost && dispatcher.ending(slot: 0) == .cancelled)
        // What is written behind it goes elsewhere.
        _ = dispatcher.finish(slot: 0, at: time(0))
        #expect(dispatcher.queue.all.map(\.coordinates.offset) == [2])
    }

    @Test func nothingThatWasCancelledIsWrittenAhead() throws {
        var dispatcher = dispatcher(slots: 2)
        try dispatcher.learn()
        _ = dispatcher.admit(try step(offset: 0))
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.cancel(order(1))
        _ = dispatcher.admit([try step(offset: 1), try step(offset: 2)])
        let (more, _) = dispatcher.finishAnswered(
            slot: 0, tookNanoseconds: [], mayTakeMore: true, at: time(0))
        #expect(more.isEmpty, "the host would never come to its end")
        #expect(refused(dispatcher.next(for: 1, at: time(0))) == 1)
    }

    @Test func whatWaitsForItsNextRunIsOverAtOnce() throws {
        var dispatcher = dispatcher([try step(offset: 0)])
        _ = dispatcher.next(for: 0, at: time(0))
        let failure = FailedAttempt(
            attempt: 1, status: .crashed, code: "", message: "", endedAt: Timestamp(milliseconds: 0))
        _ = dispatcher.putBack(slot: 0, .again(.later(Retry(at: time(60_000), after: failure))), at: time(0))
        _ = dispatcher.next(for: 0, at: time(0))
        let (woken, _) = dispatcher.cancel(order(0))
        #expect(woken == [0])
        #expect(refused(dispatcher.next(for: 0, at: time(0))) == 0)
    }

    @Test func aFailureOfWhatWasCancelledIsNotTriedAgain() throws {
        var dispatcher = dispatcher([try step(offset: 0)])
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.cancel(order(0))
        let failure = FailedAttempt(
            attempt: 1, status: .failed, code: "", message: "", endedAt: Timestamp(milliseconds: 0))
        _ = dispatcher.putBack(slot: 0, .again(.later(Retry(at: time(60_000), after: failure))), at: time(0))
        #expect(refused(dispatcher.next(for: 0, at: time(0))) == 0)
    }

    @Test func inALaneItHasItsResultInItsTurn() throws {
        let lane = Lane(partition: 0, key: 5)
        var dispatcher = dispatcher([try step(offset: 0, lane: lane), try step(offset: 1, lane: lane)], slots: 2)
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.cancel(order(1))
        guard case .wait = dispatcher.next(for: 1, at: time(0)) else {
            Issue.record("it passes the one before it")
            return
        }
        _ = dispatcher.finish(slot: 0, at: time(0))
        #expect(refused(dispatcher.next(for: 1, at: time(0))) == 1)
    }

    @Test func theOldestOrdersGiveWay() throws {
        var cancels = CancelledRequests()
        for number in 0...2 * CancelledRequests.mostOrders {
            cancels.note(CancelOrder(.request("0-\(number)"), time: Timestamp(milliseconds: 0)))
        }
        #expect(try !cancels.cover(step(offset: 0)))
        #expect(try cancels.cover(step(offset: Int64(2 * CancelledRequests.mostOrders))))
    }
}
