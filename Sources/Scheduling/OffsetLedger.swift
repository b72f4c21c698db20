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
package struct OffsetLedger: Sendable {
    package let generation: Int
    private var entries: [Entry] = []
    private var head = 0
    private var firstTaken: Int64?
    private var lastTaken: Int64?
    private var committed: CommitOffset?
    /// Up to where the log holds no more records, whatever else it holds.
    private var readTo: CommitOffset?

    private struct Entry: Sendable {
        let offset: Int64
        let stamp: Int64
        var isDone: Bool
    }

    package enum Taken: Sendable {
        case new
        /// The very record has been taken before: the client rewound.
        case repeated
        /// Another record than the one that was taken at this offset, or at a later one: the log has been cut or made
        /// anew, and what the ledger holds is about one that is gone.
        case ofAnotherLog
    }

    package init(generation: Int) {
        self.generation = generation
    }

    /// Notes that a record is taken. Kafka hands out the offsets of one log in order, so that an older one is a rewind
    /// of the client's, or another log's: the stamp tells, where the ledger still has it. Where it does not, running a
    /// record again is better than losing one.
    /// - Parameter stamp: the record's, in milliseconds since 1970.
    package mutating func take(_ offset: Int64, stamp: Int64 = 0) -> Taken {
        guard offset > lastTaken ?? -1 else {
            return find(offset).map { entries[$0].stamp == stamp } == true ? .repeated : .ofAnotherLog
        }
        lastTaken = offset
        firstTaken = firstTaken ?? offset
        entries.append(Entry(offset: offset, stamp: stamp, isDone: false))
        return .new
    }

    /// Marks a taken record as done; false when it is not known or was done before.
    package mutating func markDone(_ offset: Int64) -> Bool {
        guard let index = find(offset), !entries[index].isDone else { return false }
        entries[index].isDone = true
        while head < entries.count, entries[head].isDone { head += 1 }
        if head > 64, head * 2 > entries.count {
            entries.removeSubrange(..<head)
            head = 0
        }
        return true
    }

    /// Notes that nothing is left to take before this offset: what stands between the last record and it is no record
    /// (the markers of transactions, what was aborted).
    ///
    /// - Returns: whether that moves the commit.
    package mutating func noteRead(to position: CommitOffset) -> Bool {
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
        guard let position, position > floor ?? CommitOffset(at: -1) else { return nil }
        return position
    }

    /// The offsets that are done and that no commit known to have succeeded covers, without those ahead.
    package var doneUncommitted: Range<Int64>? {
        committable.flatMap { position in floor.map { $0.value..<position.value } }
    }

    private var position: CommitOffset? {
        if let lowestNotDone { return CommitOffset(at: lowestNotDone) }
        return [lastTaken.map(CommitOffset.init(after:)), readTo].compactMap(\.self).max()
    }

    /// Where the commit stands; before the first, where this assignment started.
    private var floor: CommitOffset? { committed ?? firstTaken.map(CommitOffset.init(at:)) }

    /// Notes that the broker has stored this commit.
    package mutating func noteCommitted(_ position: CommitOffset) {
        committed = max(committed ?? position, position)
    }

    private func find(_ offset: Int64) -> Int? {
        var low = 0
        var high = entries.count
        // Offsets are mostly dense: the first guess is mostly right.
        if low < high {
            let guess = Int(clamping: offset - entries[low].offset)
            if guess >= low, guess < high, entries[guess].offset == offset { return guess }
        }
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset == offset { return middle }
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
