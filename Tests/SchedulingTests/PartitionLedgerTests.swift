import Messages
import Testing

@testable import Scheduling

@Suite struct PartitionLedgerTests {
    private var ledger = PartitionLedger(generation: 1)

    private mutating func take(_ offsets: some Sequence<Int64>) {
        for offset in offsets { #expect(ledger.take(offset) == .new) }
    }

    /// The broker has stored what can be committed.
    private mutating func commit() throws { ledger.noteCommitted(try #require(ledger.commit(of: 0))) }

    private func doneAhead() -> [ClosedRange<Int64>] { ledger.doneAhead.flatMap(\.runs) }

    @Test mutating func commitsTheLowestOffsetThatIsNotDone() throws {
        take(5..<10)
        #expect(ledger.committable == nil)
        _ = ledger.markDone(7)
        #expect(ledger.committable == CommitOffset(at: 5))
        #expect(doneAhead() == [7...7])
        _ = ledger.markDone(5)
        #expect(ledger.committable == CommitOffset(at: 6))
        _ = ledger.markDone(6)
        #expect(ledger.committable == CommitOffset(at: 8))
        #expect(doneAhead().isEmpty)
        try commit()
        #expect(ledger.commit(of: 0) == nil)
    }

    @Test mutating func whatIsDoneAboveThePositionIsCommittedOnce() throws {
        take(0..<6)
        for offset: Int64 in [2, 3, 5] { _ = ledger.markDone(offset) }
        let first = try #require(ledger.commit(of: 0))
        #expect(first.position == CommitOffset(at: 0))
        let maps = try CommitMetadataCodec.decode(try #require(first.metadata)).maps
        #expect(maps.map(\.runs) == [[2...3, 5...5]])
        #expect(maps[0].first == LogMark(offset: 0, digest: 0) && maps[0].last == LogMark(offset: 5, digest: 0))
        ledger.noteCommitted(first)
        #expect(ledger.commit(of: 0) == nil)
        _ = ledger.markDone(4)
        #expect(try #require(ledger.commit(of: 0)).position == first.position)
        #expect(doneAhead() == [2...5])
    }

    @Test mutating func commitsOnePastTheLastWhenAllIsDone() throws {
        take([3, 4])
        _ = ledger.markDone(3)
        _ = ledger.markDone(4)
        #expect(ledger.committable == CommitOffset(after: 4))
        try commit()
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

    @Test mutating func commitsPastWhatIsNoRecordOnceAllBeforeItIsDone() throws {
        take([3])
        #expect(ledger.noteRead(to: CommitOffset(at: 6)) == false)
        _ = ledger.markDone(3)
        #expect(ledger.noteRead(to: CommitOffset(at: 6)) == true)
        #expect(ledger.committable == CommitOffset(at: 6))
        try commit()
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
        #expect(ledger.take(5, digest: 200) == .ofAnotherLog(from: 5))
        // Nothing was ever taken there: it is no rewind.
        #expect(ledger.take(3, digest: 200) == .ofAnotherLog(from: 3))
    }

    @Test mutating func aLogThatIsCutKeepsWhatIsBelowAndNoCommitPassesIt() throws {
        take(0..<6)
        for offset in Int64(0)..<3 { _ = ledger.markDone(offset) }
        try commit()
        _ = ledger.markDone(4)
        ledger.cut(at: 4, generation: 2)
        // What was committed may be beyond what is done of the new log: it is said again, though it be the same.
        #expect(ledger.committable == CommitOffset(at: 3))
        #expect(doneAhead().isEmpty)
        #expect(ledger.take(4, digest: 1) == .new)
        #expect(ledger.markDone(4) == false)
        #expect(ledger.markDone(4, digest: 1) == true)
        #expect(ledger.committable == CommitOffset(at: 3))
        #expect(doneAhead() == [4...4])
        #expect(ledger.markDone(3) == true)
        #expect(ledger.committable == CommitOffset(at: 5))
        try commit()
        #expect(ledger.committable == nil)
    }

    @Test mutating func whereANewLogBeginsIsCommittedThoughTheGroupHasMore() throws {
        ledger = PartitionLedger(generation: 1, voidFrom: CommitOffset(at: 0))
        // The client's position is still that in the old log.
        #expect(ledger.noteRead(to: CommitOffset(at: 500)) == false)
        #expect(ledger.committable == nil)
        take([0, 1])
        #expect(ledger.committable == CommitOffset(at: 0))
        _ = ledger.markDone(0)
        _ = ledger.markDone(1)
        #expect(ledger.committable == CommitOffset(at: 2))
        #expect(ledger.noteRead(to: CommitOffset(at: 3)) == true)
        try commit()
        #expect(ledger.committable == nil)
    }

    @Test mutating func theAnswerToAnOlderCommitDoesNotTakeTheNewerBack() throws {
        take(0..<10)
        for offset in Int64(0)..<5 { _ = ledger.markDone(offset) }
        let older = try #require(ledger.commit(of: 0))
        for offset in Int64(5)..<10 { _ = ledger.markDone(offset) }
        try commit()
        ledger.noteCommitted(older)
        #expect(ledger.committable == nil)
        #expect(ledger.doneUncommitted.isEmpty)
    }

    /// Neither memory nor metadata grow with what is done behind one request that is stuck.
    @Test mutating func aMillionDoneBehindOneThatIsNotCostLittle() throws {
        let count: Int64 = 1_000_000
        for offset in 0..<count {
            _ = ledger.take(offset, digest: UInt64(offset))
            if offset > 0 { _ = ledger.markDone(offset, digest: UInt64(offset)) }
        }
        #expect(ledger.rememberedCount <= 2 * PartitionLedger.keptDone + 1)
        #expect(ledger.notDoneCount == 1)
        #expect(try #require(ledger.commit(of: 0)?.metadata).utf8.count < 60)
        #expect(doneAhead() == [1...count - 1])
        _ = ledger.markDone(0, digest: 0)
        #expect(ledger.committable == CommitOffset(at: count))
    }

    // MARK: What earlier assignments have done

    /// A ledger that is told what another has done, whose records have the digests of their offsets.
    private func ledger(claiming runs: [ClosedRange<Int64>]) throws -> PartitionLedger {
        let last = try #require(runs.last?.upperBound)
        let map = DoneMap(
            first: LogMark(offset: 0, digest: 0), runs: runs, last: LogMark(offset: last, digest: UInt64(last)))
        return PartitionLedger(generation: 1, claims: [try #require(map)])
    }

    @Test mutating func whatIsClaimedIsPassedOverAndHoldsTheCommitUntilItIsProven() throws {
        ledger = try ledger(claiming: [1...2, 4...5])
        #expect(ledger.take(0, digest: 0) == .new)
        #expect(ledger.take(1, digest: 1) == .claimed)
        _ = ledger.markDone(0, digest: 0)
        #expect(ledger.committable == CommitOffset(at: 1))
        // What is claimed stays claimed in what is committed meanwhile.
        #expect(doneAhead() == [1...2, 4...5])
        #expect(ledger.take(2, digest: 2) == .claimed)
        #expect(ledger.take(3, digest: 3) == .new)
        #expect(ledger.take(4, digest: 4) == .claimed)
        #expect(ledger.committable == CommitOffset(at: 1))
        #expect(ledger.take(5, digest: 5) == .done)
        #expect(ledger.committable == CommitOffset(at: 3))
        #expect(ledger.doneAhead.map(\.runs) == [[4...5], [1...2, 4...5]])
        _ = ledger.markDone(3, digest: 3)
        #expect(ledger.committable == CommitOffset(at: 6))
    }

    @Test mutating func aClaimWhoseLastRecordIsAnotherIsReadAgainFromWhatWasPassedOver() throws {
        ledger = try ledger(claiming: [1...2, 4...5])
        #expect(ledger.take(0, digest: 0) == .new)
        #expect(ledger.take(1, digest: 1) == .claimed)
        // The log was cut here.
        #expect(ledger.take(2, digest: 99) == .claimed)
        #expect(ledger.take(3, digest: 99) == .new)
        #expect(ledger.take(4, digest: 99) == .claimed)
        #expect(ledger.take(5, digest: 99) == .ofAnotherLog(from: 1))
        ledger.cut(at: 1, generation: 2)
        for offset in Int64(1)...5 { #expect(ledger.take(offset, digest: 99) == .new) }
        #expect(ledger.committable == CommitOffset(at: 0))
    }

    @Test mutating func aClaimWhoseFirstRecordIsAnotherIsForgotten() throws {
        ledger = try ledger(claiming: [1...2])
        #expect(ledger.take(0, digest: 99) == .new)
        #expect(ledger.take(1, digest: 1) == .new)
        #expect(ledger.take(2, digest: 2) == .new)
    }

    @Test mutating func aClaimWhoseLastRecordIsGoneIsNotBelieved() throws {
        ledger = try ledger(claiming: [1...2])
        #expect(ledger.take(1, digest: 1) == .claimed)
        #expect(ledger.take(3, digest: 3) == .ofAnotherLog(from: 1))
        ledger = try ledger(claiming: [1...2])
        // Nothing was passed over: nothing has to be read again.
        #expect(ledger.take(3, digest: 3) == .new)
    }

    @Test mutating func aLogThatEndsBeforeWhatWasDoneOfItIsAnother() throws {
        ledger = try ledger(claiming: [1...2, 4...5])
        #expect(ledger.claimBeyond(end: 3) == nil)
        #expect(ledger.take(1, digest: 1) == .claimed)
        #expect(ledger.claimBeyond(end: 6) == nil)
        #expect(try #require(ledger.claimBeyond(end: 5)) == (1, 1))
    }

    @Test mutating func twoClaimsAreEachProvenByTheirOwnRecord() throws {
        ledger = try ledger(claiming: [1...2])
        ledger.claim(try ledger(claiming: [2...2, 4...4]).doneUncommitted)
        #expect(ledger.take(1, digest: 1) == .claimed)
        #expect(ledger.take(2, digest: 2) == .done)
        #expect(ledger.committable == CommitOffset(at: 2))
        #expect(ledger.take(3, digest: 3) == .new)
        #expect(ledger.take(4, digest: 4) == .done)
        #expect(ledger.committable == CommitOffset(at: 3))
    }

    /// Found by the simulation of the whole node.
    @Test mutating func whatIsDoneIsSaidThoughAClaimHasTheLastOfIt() throws {
        ledger = try ledger(claiming: [4...4])
        ledger.claim(try ledger(claiming: [4...4, 6...6]).doneUncommitted)
        for offset in Int64(1)...3 { #expect(ledger.take(offset, digest: UInt64(offset)) == .new) }
        _ = ledger.markDone(2, digest: 2)
        #expect(ledger.take(4, digest: 4) == .done)
        #expect(ledger.doneAhead.map(\.runs) == [[2...2], [4...4], [4...4, 6...6]])
    }

    @Test mutating func moreIsTakenOnlyWhileWhatIsDoneFitsIntoTheMetadata() {
        take(0..<2000)
        #expect(ledger.fitsMetadata(after: 1000))
        #expect(!ledger.fitsMetadata(after: 30_000))
        for offset in Int64(0)..<1999 { _ = ledger.markDone(offset) }
        #expect(ledger.fitsMetadata(after: 20_000))
    }

    /// Nodes that take a partition over one after the other, each before it has read what the one before had done: near the
    /// bound, where the maps of all do not fit one beside the other.
    @Test func whatWasDoneBeforeIsKnownAfterAnyNumberOfCrashes() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(state: seed)
        for round in 0..<20 {
            let log = Crashes(dense: round % 2 == 0)
            for _ in 0..<6 { try log.run(&random) }
            #expect(log.forgotten == [], "seed \(seed), round \(round)")
        }
    }
}

/// A log, and what the group has committed of it.
private final class Crashes {
    private var commit: PartitionCommit?
    private var done: Set<Int64> = []
    /// Which of them ran again.
    private(set) var forgotten: [Int64] = []
    private let end: Int64
    /// From one record to the next.
    private let step: Int64
    /// How many run at once.
    private let most: Int

    init(dense: Bool) { (end, step, most) = dense ? (40_000, 1, 4000) : (4_000_000, 500, 450) }

    /// A node reads until its commit is full, or somewhere below that, and is killed after its last commit was stored.
    func run(_ random: inout SplitMix64) throws {
        var ledger = PartitionLedger(generation: 1)
        if let metadata = commit?.metadata { ledger.claim(try CommitMetadataCodec.decode(metadata).maps) }
        var taken: [Int64] = []
        var offset: Int64 = 0
        let stop = random.chance(50) ? end : Int64.random(in: 0..<end, using: &random)
        while offset < stop {
            guard ledger.fitsMetadata(after: 1), taken.count < most, taken.count < 2 || random.chance(60) else {
                guard taken.count > 1 else { break }
                // Never the first of all, which blocks the partition.
                let place = Int.random(in: 1..<taken.count, using: &random)
                taken.swapAt(place, taken.count - 1)
                let one = taken.removeLast()
                if ledger.markDone(one, digest: UInt64(one)) { done.insert(one) }
                continue
            }
            if case .new = ledger.take(offset, digest: UInt64(offset)) {
                if done.contains(offset) { forgotten.append(offset) }
                taken.append(offset)
            }
            offset += step
        }
        commit = ledger.commit(of: 0) ?? commit
    }
}
