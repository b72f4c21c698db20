/// The offset to commit: that of the *next* record to read, one past the last that is done.
package struct CommitOffset: Comparable, Hashable, Sendable {
    package let value: Int64

    package init(after offset: Int64) { value = offset + 1 }
    package init(at offset: Int64) { value = offset }

    package static func < (a: CommitOffset, b: CommitOffset) -> Bool { a.value < b.value }
}

/// Which offsets of one partition, under one assignment, are taken and which of those are done.
///
/// The committed offset is the lowest not-done one, so a crash runs again whatever was not done, and nothing else
/// below it. The done ones above it could go into the commit's metadata; `doneAhead` is where they are.
///
/// An offset says which record is meant only within one log, and logs are cut and made anew. So each offset is kept
/// with the digest of its record, and what is said of one counts for the record with that digest alone.
package struct OffsetLedger: Sendable {
    package private(set) var generation: Int
    private var entries: [Entry] = []
    private var head = 0
    /// Entries that a commit known to have succeeded covers.
    private var coveredCount = 0
    private var firstTaken: Int64?
    private var lastTaken: Int64?
    private var committed: CommitOffset?
    /// Up to where the log holds no more records, whatever else it holds.
    private var readTo: CommitOffset?
    /// What the group has committed may be about records that are gone: it is replaced as soon as anything is known of
    /// those that are there now, though that be lower.
    private var isCommitVoid: Bool

    private struct Entry: Sendable {
        let offset: Int64
        let digest: UInt64
        var isDone: Bool
    }

    package enum Taken: Sendable {
        case new
        /// The very record has been taken before: the client rewound.
        case repeated
        /// Another record than the one that was taken at this offset, or at a later one: the log has been cut or made
        /// anew, and what the ledger holds from here on is about one that is gone.
        case ofAnotherLog
    }

    /// How many done offsets are kept that no commit covers yet: commits that fail for long must not fill the memory.
    /// Those that are not kept are run again, should the partition leave and come back before a commit succeeds.
    package static let keptDone = 65_536

    /// - Parameter isCommitVoid: what the group has committed is about a log that is gone.
    package init(generation: Int, isCommitVoid: Bool = false) {
        self.generation = generation
        self.isCommitVoid = isCommitVoid
    }

    /// Notes that a record is taken. Kafka hands out the offsets of one log in order, so that an older one is a rewind
    /// of the client's, or another log's: the digest tells, where the ledger still has it. Where it does not, running a
    /// record again is better than losing one.
    package mutating func take(_ offset: Int64, digest: UInt64) -> Taken {
        guard offset > lastTaken ?? -1 else {
            return find(offset).map { entries[$0].digest == digest } == true ? .repeated : .ofAnotherLog
        }
        lastTaken = offset
        firstTaken = firstTaken ?? offset
        entries.append(Entry(offset: offset, digest: digest, isDone: false))
        return .new
    }

    /// The log was cut: from this offset on it holds other records. What is taken below stays taken, and no commit
    /// passes what of it is not done.
    package mutating func cut(at offset: Int64, generation: Int) {
        self.generation = generation
        entries.removeSubrange(firstIndex(from: offset)...)
        head = min(head, entries.count)
        coveredCount = 0
        lastTaken = entries.last?.offset
        firstTaken = entries.first?.offset
        committed = nil
        readTo = nil
        isCommitVoid = true
    }

    /// Marks a taken record as done; false when it is not known, is another one, or was done before.
    package mutating func markDone(_ offset: Int64, digest: UInt64) -> Bool {
        guard let index = find(offset), entries[index].digest == digest, !entries[index].isDone else { return false }
        entries[index].isDone = true
        while head < entries.count, entries[head].isDone { head += 1 }
        forgetWhatMayBe()
        return true
    }

    private mutating func forgetWhatMayBe() {
        let count = max(min(coveredCount, head), head - Self.keptDone)
        guard count > 64, count * 2 > entries.count else { return }
        entries.removeSubrange(..<count)
        head -= count
        coveredCount = max(0, coveredCount - count)
    }

    /// Whether a record of this offset has been taken, or one behind it.
    package func isBehind(_ offset: Int64) -> Bool { offset <= lastTaken ?? -1 }

    /// Notes that nothing is left to take before this offset: what stands between the last record and it is no record
    /// (the markers of transactions, what was aborted).
    ///
    /// - Returns: whether that moves the commit.
    package mutating func noteRead(to position: CommitOffset) -> Bool {
        // Before the first record of a new log the client's position is still that in the old one.
        guard lastTaken != nil || !isCommitVoid else { return false }
        guard lowestNotDone == nil, position > self.position ?? CommitOffset(at: -1) else { return false }
        readTo = position
        return committable != nil
    }

    /// The lowest offset that is taken and not done: what holds the commit back.
    package var lowestNotDone: Int64? { head < entries.count ? entries[head].offset : nil }

    /// How many are taken and not done.
    package var notDoneCount: Int { entries[head...].count { !$0.isDone } }

    /// Done offsets above the lowest not-done one.
    package var doneAhead: [Int64] { entries[head...].filter(\.isDone).map(\.offset) }

    /// What to commit now; nil when nothing is new.
    package var committable: CommitOffset? {
        guard let position else { return nil }
        if isCommitVoid, committed == nil { return position }
        return position > floor ?? CommitOffset(at: -1) ? position : nil
    }

    /// What is done and not covered by a commit known to have succeeded: offsets, and the digests of their records.
    package var doneUncommitted: [(offset: Int64, digest: UInt64)] {
        entries[min(coveredCount, head)...].filter(\.isDone).map { ($0.offset, $0.digest) }
    }

    private var position: CommitOffset? {
        if let lowestNotDone { return CommitOffset(at: lowestNotDone) }
        return [lastTaken.map(CommitOffset.init(after:)), readTo].compactMap(\.self).max()
    }

    /// Where the commit stands; before the first, where this assignment started.
    private var floor: CommitOffset? { committed ?? firstTaken.map(CommitOffset.init(at:)) }

    /// Notes that the broker has stored this commit.
    package mutating func noteCommitted(_ position: CommitOffset) {
        // Answers may come in another order than the commits were sent in.
        let covered = max(committed ?? position, position)
        committed = covered
        coveredCount = firstIndex(from: covered.value)
        forgetWhatMayBe()
    }

    private func find(_ offset: Int64) -> Int? {
        // Offsets are mostly dense: the first guess is mostly right.
        if let first = entries.first {
            let guess = Int(clamping: offset - first.offset)
            if entries.indices.contains(guess), entries[guess].offset == offset { return guess }
        }
        let index = firstIndex(from: offset)
        return index < entries.count && entries[index].offset == offset ? index : nil
    }

    /// Where the first entry stands whose offset is this one or a later one.
    private func firstIndex(from offset: Int64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
