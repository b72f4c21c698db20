import Messages
import Testing

@testable import Scheduling

@Suite struct LedgerBookTests {
    private var book = LedgerBook()
    private var inFlight = InFlightTable()

    private mutating func token(_ offset: Int64, digest: UInt64 = 0) -> UInt64? {
        guard case .run(let coordinates, _) = book.take(partition: 0, offset: offset, digest: digest) else {
            return nil
        }
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

    @Test mutating func ofALogThatWasCutWhatWasPassedOverIsReadAgain() throws {
        book.assign([0], at: time(0))
        for offset in Int64(0)..<10 { done(try #require(token(offset, digest: 1))) }
        book.release([0], at: time(0))
        book.assign([0], at: time(1))
        for offset in Int64(0)..<6 {
            #expect(book.take(partition: 0, offset: offset, digest: 1) == .doneBefore)
        }
        // The log was cut here, and nothing tells so yet.
        for offset in Int64(6)..<9 {
            #expect(book.take(partition: 0, offset: offset, digest: 2) == .doneBefore)
        }
        #expect(book.commits().isEmpty)
        #expect(book.take(partition: 0, offset: 9, digest: 2) == .ofAnotherLog(from: 0))
        book.restart(0, from: 0)
        for offset in Int64(0)..<10 { #expect(token(offset, digest: 2) != nil) }
        #expect(book.commits().first?.position == CommitOffset(at: 0))
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
        #expect(book.take(partition: 0, offset: 0, digest: 2) == .ofAnotherLog(from: 0))
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
        #expect(book.take(partition: 0, offset: 2, digest: 2) == .ofAnotherLog(from: 2))
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
        #expect(book.take(partition: 0, offset: 8, digest: 1) == .ofAnotherLog(from: 8))
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
