import Messages
import Testing

@testable import Scheduling

@Suite struct OffsetLedgerTests {
    private var ledger = OffsetLedger(generation: 1)

    private mutating func take(_ offsets: some Sequence<Int64>) {
        for offset in offsets { #expect(ledger.take(offset) == .new) }
    }

    @Test mutating func commitsTheLowestOffsetThatIsNotDone() {
        take(5..<10)
        #expect(ledger.committable == nil)
        _ = ledger.markDone(7)
        #expect(ledger.committable == nil)
        #expect(ledger.doneAhead == [7])
        _ = ledger.markDone(5)
        #expect(ledger.committable == CommitOffset(at: 6))
        _ = ledger.markDone(6)
        #expect(ledger.committable == CommitOffset(at: 8))
    }

    @Test mutating func commitsOnePastTheLastWhenAllIsDone() {
        take([3, 4])
        _ = ledger.markDone(3)
        _ = ledger.markDone(4)
        #expect(ledger.committable == CommitOffset(after: 4))
        ledger.noteCommitted(CommitOffset(after: 4))
        #expect(ledger.committable == nil)
    }

    @Test mutating func passesOverGapsOfCompactedLogs() {
        take([1, 5, 1000])
        _ = ledger.markDone(1)
        #expect(ledger.committable == CommitOffset(at: 5))
        #expect(ledger.markDone(1000) == true)
        #expect(ledger.markDone(7) == false)
        #expect(ledger.markDone(5) == true)
        #expect(ledger.committable == CommitOffset(at: 1001))
    }

    @Test mutating func commitsPastWhatIsNoRecordOnceAllBeforeItIsDone() {
        take([3])
        #expect(ledger.noteRead(to: CommitOffset(at: 6)) == false)
        _ = ledger.markDone(3)
        #expect(ledger.noteRead(to: CommitOffset(at: 6)) == true)
        #expect(ledger.committable == CommitOffset(at: 6))
        ledger.noteCommitted(CommitOffset(at: 6))
        #expect(ledger.noteRead(to: CommitOffset(at: 6)) == false)
        take([9])
        #expect(ledger.committable == CommitOffset(at: 9))
    }

    @Test mutating func refusesWhatItHasTakenBefore() {
        take([1, 2])
        #expect(ledger.take(2) == .repeated)
        #expect(ledger.take(1) == .repeated)
        #expect(ledger.markDone(2) == true)
        #expect(ledger.markDone(2) == false)
    }

    @Test mutating func anotherRecordWhereOneWasTakenIsOfAnotherLog() {
        #expect(ledger.take(5, digest: 100) == .new)
        #expect(ledger.take(6, digest: 101) == .new)
        _ = ledger.markDone(5, digest: 100)
        #expect(ledger.take(5, digest: 100) == .repeated)
        #expect(ledger.take(5, digest: 200) == .ofAnotherLog)
        // Nothing was ever taken there: it is no rewind.
        #expect(ledger.take(3, digest: 200) == .ofAnotherLog)
    }

    @Test mutating func aLogThatIsCutKeepsWhatIsBelowAndNoCommitPassesIt() {
        take(0..<6)
        for offset in Int64(0)..<3 { _ = ledger.markDone(offset) }
        _ = ledger.markDone(4)
        ledger.noteCommitted(CommitOffset(at: 3))
        ledger.cut(at: 4, generation: 2)
        // What was committed may be beyond what is done of the new log: it is said again, though it be the same.
        #expect(ledger.committable == CommitOffset(at: 3))
        #expect(ledger.take(4, digest: 1) == .new)
        #expect(ledger.markDone(4) == false)
        #expect(ledger.markDone(4, digest: 1) == true)
        #expect(ledger.committable == CommitOffset(at: 3))
        #expect(ledger.markDone(3) == true)
        #expect(ledger.committable == CommitOffset(at: 5))
        ledger.noteCommitted(CommitOffset(at: 5))
        #expect(ledger.committable == nil)
    }

    @Test mutating func whereANewLogBeginsIsCommittedThoughTheGroupHasMore() {
        ledger = OffsetLedger(generation: 1, isCommitVoid: true)
        // The client's position is still that in the old log.
        #expect(ledger.noteRead(to: CommitOffset(at: 500)) == false)
        #expect(ledger.committable == nil)
        take([0, 1])
        #expect(ledger.committable == CommitOffset(at: 0))
        _ = ledger.markDone(0)
        _ = ledger.markDone(1)
        #expect(ledger.committable == CommitOffset(at: 2))
        #expect(ledger.noteRead(to: CommitOffset(at: 3)) == true)
        ledger.noteCommitted(CommitOffset(at: 3))
        #expect(ledger.committable == nil)
    }

    @Test mutating func theAnswerToAnOlderCommitDoesNotTakeTheNewerBack() {
        take(0..<10)
        for offset in Int64(0)..<10 { _ = ledger.markDone(offset) }
        ledger.noteCommitted(CommitOffset(at: 10))
        ledger.noteCommitted(CommitOffset(at: 5))
        #expect(ledger.committable == nil)
        #expect(ledger.doneUncommitted.isEmpty)
    }

    @Test mutating func whatNoCommitCoversIsKeptUpToABound() {
        let count = Int64(OffsetLedger.keptDone) * 3
        take(0..<count)
        for offset in Int64(0)..<count { _ = ledger.markDone(offset) }
        #expect(ledger.doneUncommitted.count >= OffsetLedger.keptDone)
        #expect(ledger.doneUncommitted.count <= OffsetLedger.keptDone * 2)
        #expect(ledger.doneUncommitted.last?.offset == count - 1)
        #expect(ledger.committable == CommitOffset(at: count))
    }

    @Test mutating func commitsAlsoAfterManyAreDoneBeforeTheFirstCommit() {
        take(0..<1000)
        for offset in Int64(0)..<500 { _ = ledger.markDone(offset) }
        #expect(ledger.committable == CommitOffset(at: 500))
        #expect(ledger.doneUncommitted.map(\.offset) == Array(0..<500))
        #expect(ledger.notDoneCount == 500)
    }
}

@Suite struct LedgerBookTests {
    private var book = LedgerBook()
    private var inFlight = InFlightTable()

    private mutating func token(_ offset: Int64, digest: UInt64 = 0) -> UInt64? {
        guard case .run(let coordinates) = book.take(partition: 0, offset: offset, digest: digest) else { return nil }
        return inFlight.takePlanned(coordinates, digest: digest)
    }

    private mutating func done(_ token: UInt64) {
        guard let done = inFlight.acknowledge(token, .result, .completed) else { return #expect(Bool(false)) }
        book.done(done.coordinates, digest: done.digest)
    }

    @Test mutating func aPartitionThatComesBackRemembersWhatIsDone() throws {
        book.assign([0], at: time(0))
        let tokens = try (0..<4).map { try #require(token(Int64($0))) }
        done(tokens[0])
        done(tokens[2])
        book.release([0], at: time(0))
        done(tokens[3])
        book.assign([0], at: time(0))
        #expect(book.take(partition: 0, offset: 0) == .doneBefore)
        let again = try #require(token(1))
        #expect(book.take(partition: 0, offset: 2) == .doneBefore)
        #expect(book.take(partition: 0, offset: 3) == .doneBefore)
        #expect(book.commits().first?.position == CommitOffset(at: 1))
        done(again)
        #expect(book.commits().first?.position == CommitOffset(at: 4))
        // The step of the first assignment, still running, ends late: nothing breaks.
        done(tokens[1])
        #expect(inFlight.isEmpty)
    }

    @Test mutating func anAcknowledgementOfAnOldGenerationIsAFactForTheNewOne() throws {
        book.assign([0], at: time(0))
        let old = try #require(token(0))
        book.release([0], at: time(0))
        book.assign([0], at: time(0))
        let new = try #require(token(0))
        done(old)
        #expect(book.commits().first?.position == CommitOffset(at: 1))
        done(new)
        #expect(inFlight.isEmpty)
    }

    @Test mutating func forgetsWhatACommitCoversAndWhatALogLost() throws {
        book.assign([0], at: time(0))
        done(try #require(token(0)))
        book.release([0], at: time(0))
        book.assign([0], at: time(0))
        #expect(book.take(partition: 0, offset: 0) == .doneBefore)
        #expect(token(1) != nil)
        book.commitAll()
        book.release([0], at: time(0))
        book.assign([0], at: time(0))
        #expect(token(0) != nil)
    }

    @Test mutating func whatWasDoneInOneLogIsNotSkippedInAnother() throws {
        book.assign([0], at: time(0))
        for offset in Int64(0)..<10 { done(try #require(token(offset, digest: 1))) }
        book.release([0], at: time(0))
        // The topic is made anew while another member has the partition; its records are others.
        book.assign([0], at: time(1))
        let tokens = try (Int64(0)..<10).map { try #require(token($0, digest: 2)) }
        #expect(book.commits().isEmpty)
        done(tokens[0])
        #expect(book.commits().first?.position == CommitOffset(at: 1))
    }

    @Test mutating func ofALogThatWasCutWhatIsBelowTheCutIsRemembered() throws {
        book.assign([0], at: time(0))
        for offset in Int64(0)..<10 { done(try #require(token(offset, digest: 1))) }
        book.release([0], at: time(0))
        book.assign([0], at: time(1))
        for offset in Int64(0)..<6 {
            #expect(book.take(partition: 0, offset: offset, digest: 1) == .doneBefore)
        }
        #expect(token(6, digest: 2) != nil)
        // Even where a record looks as one did that is gone.
        #expect(token(7, digest: 1) != nil)
        #expect(book.commits().first?.position == CommitOffset(at: 6))
    }

    @Test mutating func aLateAcknowledgementOfAnOldLogIsNoFactForTheNewOne() throws {
        book.assign([0], at: time(0))
        let old = try (Int64(0)..<3).map { try #require(token($0, digest: 1)) }
        book.release([0], at: time(0))
        book.assign([0], at: time(1))
        let new = try #require(token(0, digest: 2))
        for token in old { done(token) }
        #expect(book.commits().isEmpty)
        #expect(token(1, digest: 2) != nil)
        #expect(token(2, digest: 2) != nil)
        done(new)
        #expect(book.commits().first?.position == CommitOffset(at: 1))
    }

    @Test mutating func theAnswerToACommitOfAnOldLogDoesNotCountForTheNewOne() throws {
        book.assign([0], at: time(0))
        for offset in Int64(0)..<10 { done(try #require(token(offset, digest: 1))) }
        let sent = try #require(book.commits().first)
        #expect(sent.position == CommitOffset(at: 10))
        #expect(book.take(partition: 0, offset: 0, digest: 2) == .ofAnotherLog)
        book.restart(0, from: 0)
        let tokens = try (Int64(0)..<5).map { try #require(token($0, digest: 2)) }
        book.noteCommitted(sent)
        done(tokens[0])
        #expect(book.commits().first?.position == CommitOffset(at: 1))
    }

    @Test mutating func whatIsInFlightBelowACutHoldsTheCommitBack() throws {
        book.assign([0], at: time(0))
        let tokens = try (Int64(0)..<4).map { try #require(token($0, digest: 1)) }
        done(tokens[3])
        #expect(book.take(partition: 0, offset: 2, digest: 2) == .ofAnotherLog)
        book.restart(0, from: 2)
        done(try #require(token(2, digest: 2)))
        #expect(book.commits().first?.position == CommitOffset(at: 0))
        done(tokens[0])
        done(tokens[1])
        #expect(book.commits().first?.position == CommitOffset(at: 3))
        done(tokens[2])
        #expect(book.commits().first?.position == CommitOffset(at: 3))
        #expect(inFlight.isEmpty)
    }

    @Test mutating func whatIsInFlightWhenALogIsMadeAnewDoesNotCountThere() throws {
        book.assign([0], at: time(0))
        let old = try #require(token(7, digest: 1))
        book.restart(0)
        #expect(token(6, digest: 2) != nil)
        done(old)
        #expect(token(7, digest: 2) != nil)
        #expect(book.commits().first?.position == CommitOffset(at: 6))
    }

    @Test mutating func aLogMadeAnewIsReadFromWhereItBegins() throws {
        book.assign([0], at: time(0))
        let old = try #require(token(7))
        done(old)
        let running = try #require(token(8))
        #expect(book.take(partition: 0, offset: 8, digest: 1) == .ofAnotherLog)
        book.restart(0)
        let new = try #require(token(8, digest: 1))
        // The step of the old log ends: its offset is not that of the new one.
        done(running)
        #expect(book.commits().first?.position == CommitOffset(at: 8))
        done(new)
        #expect(book.commits().first?.position == CommitOffset(at: 9))
    }

    @Test mutating func whatWasDoneLongAgoIsNotHeldAgainstANewRecord() throws {
        book.assign([0], at: time(0))
        done(try #require(token(0)))
        book.release([0], at: time(1000))
        book.assign([0], at: time(1000 + LedgerBook.memoryMs))
        #expect(book.take(partition: 0, offset: 0) == .doneBefore)
        book.release([0], at: time(2000))
        book.assign([0], at: time(2001 + LedgerBook.memoryMs))
        #expect(token(0) != nil)
    }

    @Test mutating func refusesRecordsOfPartitionsItDoesNotHaveAndRewinds() {
        #expect(book.take(partition: 0, offset: 0) == .notAssigned)
        book.assign([0], at: time(0))
        #expect(token(5) != nil)
        #expect(book.take(partition: 0, offset: 5) == .repeated)
    }
}
