import Testing

@testable import Scheduling

@Suite struct OffsetLedgerTests {
    private var ledger = OffsetLedger(generation: 1)

    private mutating func take(_ offsets: some Sequence<Int64>) {
        for offset in offsets { #expect(ledger.take(offset) == true) }
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

    @Test mutating func refusesWhatItHasTakenBefore() {
        take([1, 2])
        #expect(ledger.take(2) == false)
        #expect(ledger.take(1) == false)
        #expect(ledger.markDone(2) == true)
        #expect(ledger.markDone(2) == false)
    }

    @Test mutating func commitsAlsoAfterManyAreDoneBeforeTheFirstCommit() {
        take(0..<1000)
        for offset in Int64(0)..<500 { _ = ledger.markDone(offset) }
        #expect(ledger.committable == CommitOffset(at: 500))
        #expect(ledger.doneUncommitted == 0..<500)
        #expect(ledger.notDoneCount == 500)
    }
}

@Suite struct LedgerBookTests {
    private var book = LedgerBook()

    private mutating func token(_ offset: Int64) -> UInt64? {
        if case .run(_, let token) = book.take(partition: 0, offset: offset) { token } else { nil }
    }

    @Test mutating func aPartitionThatComesBackRemembersWhatIsDone() throws {
        book.assign([0])
        let tokens = try (0..<4).map { try #require(token(Int64($0))) }
        book.done(token: tokens[0])
        book.done(token: tokens[2])
        book.release([0])
        book.done(token: tokens[3])
        book.assign([0])
        #expect(book.take(partition: 0, offset: 0) == .doneBefore)
        let again = try #require(token(1))
        #expect(book.take(partition: 0, offset: 2) == .doneBefore)
        #expect(book.take(partition: 0, offset: 3) == .doneBefore)
        #expect(book.commits().first?.position == CommitOffset(at: 1))
        book.done(token: again)
        #expect(book.commits().first?.position == CommitOffset(at: 4))
        // The step of the first assignment, still running, ends late: nothing breaks.
        book.done(token: tokens[1])
        #expect(book.inFlightCount == 0)
    }

    @Test mutating func anAcknowledgementOfAnOldGenerationIsAFactForTheNewOne() throws {
        book.assign([0])
        let old = try #require(token(0))
        book.release([0])
        book.assign([0])
        let new = try #require(token(0))
        book.done(token: old)
        #expect(book.commits().first?.position == CommitOffset(at: 1))
        book.done(token: new)
        #expect(book.inFlightCount == 0)
    }

    @Test mutating func forgetsWhatACommitCoversAndWhatALogLost() throws {
        book.assign([0])
        book.done(token: try #require(token(0)))
        book.release([0])
        book.assign([0])
        book.noteCommitted(0, CommitOffset(at: 1))
        #expect(token(0) != nil)
        book.release([0])
        book.forget(0)
        book.assign([0])
        #expect(token(0) != nil)
    }

    @Test mutating func refusesRecordsOfPartitionsItDoesNotHaveAndRewinds() {
        #expect(book.take(partition: 0, offset: 0) == .notAssigned)
        book.assign([0])
        #expect(token(5) != nil)
        #expect(book.take(partition: 0, offset: 5) == .repeated)
    }
}
