import Messages
import Testing

@testable import Scheduling

/// Steps that have failed and run again when their time has come.
@Suite struct RetryTests {
    private let rules = RetryRules(
        failed: 3, crashed: 4, timedOut: 1, resourceExceeded: 2, firstDelayMs: 100, maximumDelayMs: 1000)

    private func failure(_ attempt: Int) -> FailedAttempt {
        FailedAttempt(
            attempt: attempt, status: .crashed, code: "host_crashed", message: "signal 11",
            endedAt: Timestamp(milliseconds: 0))
    }

    /// One slot, which runs the step of offset 0; it fails, and is tried again at 100 ms.
    private func dispatcher(_ steps: [Step], queueDepth: Int = 100) throws -> Dispatcher {
        var dispatcher = Dispatcher(
            slotCount: 1, backpressure: .init(queueDepth: queueDepth, resumeDepth: 1, pauseAfterMs: 0))
        _ = dispatcher.admit(steps)
        guard case .run(let first, _, _) = dispatcher.next(for: 0, at: time(0)) else {
            throw RequestProblem(.internalError, "nothing runs")
        }
        #expect(first.coordinates.offset == 0)
        _ = dispatcher.putBack(slot: 0, .again(.later(Retry(at: time(100), after: failure(1)))), at: time(0))
        return dispatcher
    }

    // MARK: How often, and when

    @Test(arguments: [
        (ResultStatus.failed, 2), (.crashed, 3), (.timedOut, 0), (.resourceExceeded, 1), (.completed, 0), (.expired, 0),
        (.rejected, 0),
    ]) func aStatusSaysHowOftenAStepIsTriedAgain(status: ResultStatus, times: Int) {
        let delays = (1...10).map { rules.delayMs(after: status, failures: $0, spread: 7) }
        #expect(delays.prefix { $0 != nil }.count == times)
        #expect(delays.dropFirst(times).allSatisfy { $0 == nil })
    }

    @Test func theDelayDoublesUpToItsBoundLessAtMostHalf() throws {
        let rules = RetryRules(failed: 20, firstDelayMs: 100, maximumDelayMs: 1000)
        for spread in UInt64(0)..<200 {
            for (failures, most) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (12, 1000)] {
                let delay = try #require(rules.delayMs(after: .failed, failures: failures, spread: spread))
                #expect((most / 2...most).contains(delay))
            }
        }
        let delays = Set((UInt64(0)..<200).compactMap { rules.delayMs(after: .failed, failures: 5, spread: $0) })
        #expect(delays.count > 100, "those that fail together come back together")
    }

    @Test func retriesAreAShareOfTheStepsAndSomeAtOnce() {
        var budget = RetryBudget(percent: 10)
        var taken = 0
        while budget.take(1) { taken += 1 }
        #expect(taken == 10)
        let other = budget.take(2)
        #expect(other, "another strategy has its own")
        for _ in 0..<9 { budget.noteResult(1) }
        let early = budget.take(1)
        budget.noteResult(1)
        let (inTime, twice) = (budget.take(1), budget.take(1))
        #expect(!early && inTime && !twice)
    }

    // MARK: In the dispatcher

    @Test func aStepThatFailedBeginsWhenItsTimeHasComeWithWhatIsKnownOfIt() throws {
        var dispatcher = try dispatcher([try step(offset: 0)])
        #expect(dispatcher.delayedCount == 1 && dispatcher.depth == 0 && dispatcher.nextDue == time(100))
        let told = dispatcher.takeRetried().map(\.failureCount)
        #expect(told == [1])
        guard case .wait = dispatcher.next(for: 0, at: time(99)) else {
            Issue.record("it begins before its time")
            return
        }
        let (early, inTime) = (dispatcher.queueDue(at: time(99)), dispatcher.queueDue(at: time(100)))
        #expect(early == [])
        #expect(inTime == [0], "the slot that sleeps is woken")
        guard case .run(let again, _, _) = dispatcher.next(for: 0, at: time(100)) else {
            Issue.record("it does not begin")
            return
        }
        #expect(again.attempt == 2 && again.failureCount == 1 && again.failures == [failure(1)])
        #expect(dispatcher.delayedCount == 0 && dispatcher.nextDue == nil)
    }

    @Test func theConsumerIsWokenToKnowTheTime() throws {
        var dispatcher = Dispatcher(
            slotCount: 1, backpressure: .init(queueDepth: 100, resumeDepth: 1, pauseAfterMs: 0))
        _ = dispatcher.admit([try step(offset: 0), try step(offset: 1)])
        _ = dispatcher.next(for: 0, at: time(0))
        let retry = Retry(at: time(100), after: failure(1))
        let (_, wakes) = dispatcher.finishAnswered(
            slot: 0, tookNanoseconds: [1000], retries: [0: retry], at: time(0))
        #expect(wakes.consumer)
    }

    @Test func othersPassAStepThatWaitsForItsTime() throws {
        var dispatcher = try dispatcher([try step(offset: 0), try step(offset: 1)])
        guard case .run(let next, _, _) = dispatcher.next(for: 0, at: time(1)) else {
            Issue.record("nothing runs")
            return
        }
        #expect(next.coordinates.offset == 1)
    }

    @Test func noneOfItsLanePassesIt() throws {
        let lane = Lane(partition: 0, key: 5)
        var dispatcher = try dispatcher([
            try step(offset: 0, lane: lane), try step(offset: 1, lane: lane), try step(offset: 2),
        ])
        var begun: [Int64] = []
        for now in [1, 2, 100, 101] {
            if case .run(let step, _, _) = dispatcher.next(for: 0, at: time(now)) {
                begun.append(step.coordinates.offset)
                _ = dispatcher.finishAnswered(slot: 0, tookNanoseconds: [1000], at: time(now))
            }
        }
        #expect(begun == [2, 0, 1])
    }

    /// A step that is tried again after its answer would have been passed by those of its lane that are behind it.
    @Test func nothingOfItsLaneIsWrittenBehindAStepThatMayBeTriedAgain() throws {
        let lane = Lane(partition: 0, key: 5)
        for (isTriedAgain, ahead) in [(false, 1), (true, 0)] {
            var dispatcher = Dispatcher(
                slotCount: 1, backpressure: .init(queueDepth: 100, resumeDepth: 1, pauseAfterMs: 0), external: [7],
                triedAgain: isTriedAgain ? [7] : [])
            try dispatcher.learn(7)
            _ = dispatcher.admit([
                try step(offset: 0, strategy: 7, lane: lane), try step(offset: 1, strategy: 7, lane: lane),
            ])
            guard case .run(_, let behind, _) = dispatcher.next(for: 0, at: time(0)) else {
                Issue.record("nothing runs")
                return
            }
            #expect(behind.count == ahead)
        }
    }

    @Test func whatWaitsForItsTimeLeavesWithItsPartitionAndWithTheNode() throws {
        var dispatcher = try dispatcher([try step(offset: 0)])
        let ofAnother = dispatcher.dropQueued(partitions: [1])
        let own = dispatcher.dropQueued(partitions: [0])
        #expect(ofAnother.isEmpty && own.count == 1 && dispatcher.delayedCount == 0)
        dispatcher = try self.dispatcher([try step(offset: 0)])
        let atStop = dispatcher.stop()
        #expect(atStop.count == 1 && dispatcher.delayedCount == 0)
    }

    @Test func whatFailsWhileTheNodeStopsIsAbandoned() throws {
        var dispatcher = Dispatcher(
            slotCount: 1, backpressure: .init(queueDepth: 100, resumeDepth: 1, pauseAfterMs: 0))
        _ = dispatcher.admit(try step(offset: 0))
        _ = dispatcher.next(for: 0, at: time(0))
        _ = dispatcher.stop()
        let retry = Retry(at: time(100), after: failure(1))
        let (settled, _) = dispatcher.putBack(slot: 0, .again(.later(retry)), at: time(0))
        #expect(settled == .abandon)
        let abandoned = dispatcher.takeAbandoned()
        #expect(abandoned.count == 1 && dispatcher.delayedCount == 0)
        let retried = dispatcher.takeRetried()
        #expect(retried.map(\.failureCount) == [1], "who has it next is to know")
    }

    @Test func aRevocationDoesNotWaitForWhatWaitsForItsTime() throws {
        let lane = Lane(partition: 0, key: 5)
        var dispatcher = try dispatcher([try step(offset: 0, lane: lane), try step(offset: 1, lane: lane)])
        let (ofAnother, own) = (
            dispatcher.dropDelayed(partitions: [1]), dispatcher.dropDelayed(partitions: [0])
        )
        #expect(ofAnother.isEmpty && own.map(\.coordinates.offset) == [0])
        guard case .run(let next, _, _) = dispatcher.next(for: 0, at: time(1)) else {
            Issue.record("its lane stays closed")
            return
        }
        #expect(next.coordinates.offset == 1)
    }

    @Test func aStepBehindOneThatWaitsForItsTimeIsNoStall() throws {
        let lane = Lane(partition: 0, key: 5)
        var dispatcher = try dispatcher([try step(offset: 0, lane: lane), try step(offset: 1, lane: lane)])
        _ = dispatcher.next(for: 0, at: time(1))
        var watch = StallWatch()
        let findings = [2, 6000, 12_000].map { watch.look(at: dispatcher, now: time($0)) }
        #expect(findings.allSatisfy { $0 == nil })
    }

    @Test func whatWasOthersDoingIsNoFailureAndTheOtherWayRound() throws {
        let lost = try step(offset: 0).again().again(after: failure(2))
        #expect(lost.attempt == 3 && lost.failureCount == 1 && lost.blamelessAttempt == 2)
        #expect(lost.mayHaveLostItsHost)
        let polite = FailedAttempt(
            attempt: 1, status: .failed, code: "", message: "", endedAt: Timestamp(milliseconds: 0))
        #expect(try !step(offset: 0).again(after: polite).mayHaveLostItsHost)
        #expect(try step(offset: 0).again(after: polite).again().mayHaveLostItsHost)
    }

    @Test func manyThatWaitForTheirTimeHoldTheirPartitions() throws {
        var dispatcher = Dispatcher(
            slotCount: 1, backpressure: .init(queueDepth: 2, resumeDepth: 1, pauseAfterMs: 0))
        for offset in Int64(0)..<2 {
            let (_, held) = dispatcher.openings()
            #expect(held.isEmpty)
            _ = dispatcher.admit(try step(partition: 3, offset: offset))
            _ = dispatcher.next(for: 0, at: time(0))
            let retry = Retry(at: time(100), after: failure(1))
            _ = dispatcher.putBack(slot: 0, .again(.later(retry)), at: time(0))
        }
        let (room, held) = dispatcher.openings()
        #expect(held == [3])
        #expect(room > 0, "others are taken from")
    }

    // MARK: In the commit

    @Test func aCommitSaysHowOftenWhatItLeavesUndoneHasFailed() throws {
        var ledger = PartitionLedger(generation: 1)
        for offset in Int64(10)...12 { _ = ledger.take(offset, digest: UInt64(offset)) }
        ledger.noteFailures(2, at: 11, digest: 11)
        ledger.noteFailures(1, at: 12, digest: 99)
        let text = try #require(ledger.commit(of: 0)?.metadata)
        let metadata = try CommitMetadataCodec.decode(text)
        #expect(text.hasPrefix("done2:") && metadata.maps.isEmpty)
        #expect(metadata.failures == [FailureMark(offset: 11, digest: 11, count: 2)])

        var book = LedgerBook()
        book.assign([0], at: time(0))
        book.claim(0, metadata)
        let failures = (10...11).map { book.take(partition: 0, offset: $0, digest: UInt64($0)).failures }
        #expect(failures == [0, 2])
        // It is passed on by who has not come to it yet.
        book = LedgerBook()
        book.assign([0], at: time(0))
        book.claim(0, metadata)
        _ = book.take(partition: 0, offset: 10, digest: 10)
        let passedOn = try CommitMetadataCodec.decode(
            try #require(CommitMetadataCodec.encode([], failures: book[0]?.failureMarks ?? [])))
        #expect(passedOn == metadata)
    }

    @Test func anotherRecordAtTheOffsetHasNotFailed() throws {
        var book = LedgerBook()
        book.assign([0], at: time(0))
        book.claim(0, CommitMetadata(failures: [FailureMark(offset: 11, digest: 11, count: 2)]))
        let failures = book.take(partition: 0, offset: 11, digest: 12).failures
        #expect(failures == 0)
    }

    @Test func whatIsDoneHasNotFailedAnyMore() {
        var ledger = PartitionLedger(generation: 1)
        _ = ledger.take(1, digest: 1)
        _ = ledger.take(2, digest: 2)
        ledger.noteFailures(1, at: 2, digest: 2)
        let isDone = ledger.markDone(2, digest: 2)
        #expect(isDone && ledger.failureMarks.isEmpty && ledger.failures(at: 2) == 0)
    }

    @Test func whatHasFailedIsLeftOutWhereDoneMapsFillTheMetadata() throws {
        let marks = (0..<1000).map { FailureMark(offset: Int64($0 * 300), digest: UInt64($0), count: 1) }
        let text = try #require(CommitMetadataCodec.encode([], failures: marks))
        #expect(text.utf8.count <= CommitMetadataCodec.mostBytes)
        let decoded = try CommitMetadataCodec.decode(text).failures
        #expect(decoded.count > 300 && decoded == Array(marks.prefix(decoded.count)))
    }
}

extension LedgerBook.Taken {
    fileprivate var failures: Int? {
        if case .run(_, let failures) = self { failures } else { nil }
    }
}
