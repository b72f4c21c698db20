/// Which offsets of one partition, under one assignment, are taken and which of those are done.
///
/// The committed offset is the lowest not-done one, and what is done above it goes into the commit's metadata: so a
/// crash runs nothing again that was done before the last commit.
///
/// What has been taken and is not among those that are not done is done: so the ledger keeps the latter, and of the
/// former only the last few. One request that is stuck costs no memory for what is done behind it.
///
/// An offset says which record is meant only within one log, and logs are cut and made anew. So what is kept of an
/// offset is kept with the digest of its record, and what is said of one counts for the record with that digest alone.
package struct PartitionLedger: Sendable {
    private struct Entry: Sendable {
        let offset: Int64
        let digest: UInt64
        var isDone: Bool
    }

    package private(set) var generation: Int
    /// That under which the partition was assigned.
    private var firstGeneration: Int
    /// In order: all that are not done, and the last of those that are.
    private var entries: [Entry] = []
    /// The first that is not done.
    private var head = 0
    private var doneCount = 0
    private var firstTaken: Int64?
    private var lastTaken: Int64?
    /// What earlier assignments have done, and nobody has seen yet to be of this log.
    private var claims: [DoneClaim]
    /// What was a claim and is known to be of this log, as long as it says anything that no commit's offset does. Another
    /// claim may say the same, and be of another log.
    private var proven: [DoneMap] = []
    /// How often what is not done has failed.
    private var failed = FailedRecords()
    /// What the broker is known to have stored under this generation.
    private(set) var committed: CommitOffset?
    /// Up to where the log holds no more records, whatever else it holds.
    private var readTo: CommitOffset?
    /// What the group has committed may be about records that are gone: it is replaced as soon as anything is known of
    /// those that are there now, though that be lower. They are read from here on.
    private var voidFrom: CommitOffset?
    /// Counts what changes the commit; so of two commits the one that says more is known.
    private var version: UInt64 = 0
    private var committedVersion: UInt64 = 0

    /// How many done records are remembered one by one, to know them where the client rewinds.
    package static let keptDone = 1024

    /// - Parameters:
    ///   - claims: what earlier assignments have done.
    ///   - voidFrom: what the group has committed is about a log that is gone, and the one there is is read from here on.
    package init(generation: Int, claims: [DoneMap] = [], voidFrom: CommitOffset? = nil) {
        self.generation = generation
        firstGeneration = generation
        self.claims = claims.map { DoneClaim($0) }
        self.voidFrom = voidFrom
    }

    // MARK: In

    /// More of what earlier assignments have done. Before the first record is taken.
    package mutating func claim(_ maps: [DoneMap], failures: [FailureMark] = []) {
        for map in maps where !claims.contains(where: { $0.map == map }) { claims.append(DoneClaim(map)) }
        for mark in failures { failed.note(mark) }
    }

    /// Notes that a record is taken. Kafka hands out the offsets of one log in order, so that an older one is a rewind
    /// of the client's, or another log's: the digest tells, where the ledger still has it. Where it does not, running a
    /// record again is better than losing one.
    package mutating func take(_ offset: Int64, digest: UInt64) -> Taken {
        guard offset > lastTaken ?? -1 else {
            let isKnown = find(offset).map { entries[$0].digest == digest } == true
            return isKnown ? .repeated : .ofAnotherLog(from: lowestOfAnotherLog(at: offset))
        }
        let answer = claims.isEmpty ? .silent : askClaims(LogMark(offset: offset, digest: digest))
        if case .wrong(let from) = answer { return .ofAnotherLog(from: from) }
        lastTaken = offset
        firstTaken = firstTaken ?? offset
        guard answer != .claimed else { return .claimed }
        entries.append(Entry(offset: offset, digest: digest, isDone: answer == .proven))
        if !failed.isEmpty { failed.take(offset, digest: digest) }
        guard answer == .proven else { return .new }
        noteDone()
        return .done
    }

    private enum ClaimAnswer: Equatable {
        case silent, claimed, proven
        /// Something was passed over, from this offset on, that is not what was done.
        case wrong(from: Int64)
    }

    private mutating func askClaims(_ record: LogMark) -> ClaimAnswer {
        var answer = ClaimAnswer.silent
        for index in claims.indices.reversed() {
            switch claims[index].look(at: record) {
            case .silent: break
            case .claimed: if answer == .silent { answer = .claimed }
            case .proven:
                proven.append(claims.remove(at: index).map)
                version += 1
                answer = .proven
            case .wrong:
                if claims[index].firstSkipped != nil {
                    return .wrong(from: lowestOfAnotherLog(at: record.offset))
                }
                claims.remove(at: index)
            }
        }
        return answer
    }

    /// Where another log begins that shows at this offset: what has been passed over because of a claim may be of it,
    /// too.
    private func lowestOfAnotherLog(at offset: Int64) -> Int64 { min(offset, firstSkipped ?? offset) }

    private var firstSkipped: Int64? { claims.isEmpty ? nil : claims.compactMap(\.firstSkipped).min() }

    /// The log ends before this offset.
    ///
    /// - Returns: from where on it is another, and the last offset that has been read: something was passed over for a
    ///   claim that names a later record. nil also where more has been read than there is: the client finds that out, and
    ///   begins anew by itself, perhaps below.
    package func claimBeyond(end: Int64) -> (from: Int64, last: Int64)? {
        guard let lastTaken, lastTaken < end, let firstSkipped else { return nil }
        return claims.contains { $0.firstSkipped != nil && $0.map.last.offset >= end } ? (firstSkipped, lastTaken) : nil
    }

    /// The log was cut: from this offset on it holds other records. What is taken below stays taken, and no commit
    /// passes what of it is not done. Claims are void; nothing below has been passed over for one.
    package mutating func cut(at offset: Int64, generation: Int) {
        self.generation = generation
        entries.removeSubrange(firstIndex(from: offset)...)
        doneCount = entries.count(where: \.isDone)
        failed.forget(from: offset)
        head = min(head, entries.count)
        claims = []
        proven = []
        if let lastTaken { self.lastTaken = min(lastTaken, offset - 1) }
        if let firstTaken, firstTaken >= offset { (self.firstTaken, lastTaken) = (nil, nil) }
        committed = nil
        readTo = nil
        voidFrom = CommitOffset(at: offset)
        version += 1
    }

    /// Marks a taken record as done; false when it is not known, is another one, or was done before.
    package mutating func markDone(_ offset: Int64, digest: UInt64) -> Bool {
        guard let index = find(offset), entries[index].digest == digest, !entries[index].isDone else { return false }
        entries[index].isDone = true
        if !failed.isEmpty { failed.forget(offset) }
        noteDone()
        return true
    }

    /// Whether a request was taken under an earlier assignment, or its record is done.
    func isGone(_ request: RequestCoordinates, digest: UInt64) -> Bool {
        if let index = find(request.offset), entries[index].digest == digest { return entries[index].isDone }
        // Of the log that is read now it would be known; of one before, nobody else publishes it.
        return request.generation == generation || request.generation < firstGeneration
    }

    /// Whether what was of this generation is of the partition's present assignment, though perhaps of another log.
    func hasAssignment(of generation: Int) -> Bool { generation >= firstGeneration }

    /// Another log is read, or another part of it, from its first record on: what is known of it is void.
    mutating func begin(again generation: Int) {
        let first = firstGeneration
        self = PartitionLedger(generation: generation, voidFrom: CommitOffset(at: 0))
        firstGeneration = first
    }

    /// A taken record has failed once more.
    package mutating func noteFailures(_ count: Int, at offset: Int64, digest: UInt64) {
        guard let index = find(offset), entries[index].digest == digest, !entries[index].isDone else { return }
        failed.note(FailureMark(offset: offset, digest: digest, count: UInt8(clamping: count)))
        version += 1
    }

    /// How often a record has failed that is not done.
    package func failures(at offset: Int64) -> Int { failed.isEmpty ? 0 : failed.count(at: offset) }

    /// What is not done and has failed, in the order of its offsets: also what is not taken yet.
    package var failureMarks: [FailureMark] { PlantedBug.forgetsFailures.isPlanted ? [] : failed.all }

    private mutating func noteDone() {
        version += 1
        doneCount += 1
        while head < entries.count, entries[head].isDone { head += 1 }
        guard doneCount > 2 * Self.keptDone, doneCount > notDoneCount else { return }
        var surplus = doneCount - Self.keptDone
        entries.removeAll { entry in
            guard entry.isDone, surplus > 0 else { return false }
            surplus -= 1
            return true
        }
        doneCount = Self.keptDone
        head = entries.firstIndex { !$0.isDone } ?? entries.count
    }

    /// Whether a record of this offset has been taken, or one behind it.
    package func isBehind(_ offset: Int64) -> Bool { offset <= lastTaken ?? -1 }

    /// Notes that nothing is left to take before this offset: what stands between the last record and it is no record
    /// (the markers of transactions, what was aborted).
    ///
    /// - Returns: whether that moves the commit.
    package mutating func noteRead(to position: CommitOffset) -> Bool {
        // Before the first record of a new log the client's position is still that in the old one.
        guard lastTaken != nil || voidFrom == nil else { return false }
        guard lowestNotDone == nil, firstSkipped == nil, position > self.position ?? CommitOffset(at: -1) else {
            return false
        }
        readTo = position
        version += 1
        return committable != nil
    }

    // MARK: What is known

    /// The lowest offset that is taken and not done: what holds the commit back.
    package var lowestNotDone: Int64? { head < entries.count ? entries[head].offset : nil }

    /// How many are taken and not done.
    package var notDoneCount: Int { entries.count - doneCount }

    /// How many offsets it keeps.
    var rememberedCount: Int { entries.count }

    /// Whether what is done will fit into a commit's metadata for certain, in whatever order it becomes so, once so many
    /// more are taken.
    package func fitsMetadata(after count: Int) -> Bool {
        guard let position, let lastTaken else { return true }
        return CommitMetadataCodec.surelyFits(
            span: lastTaken - position.value + Int64(count), notDone: notDoneCount + count)
    }

    private var position: CommitOffset? {
        let skipped = PlantedBug.commitsClaims.isPlanted ? nil : firstSkipped
        let held = min(lowestNotDone ?? .max, skipped ?? .max)
        if held < .max { return CommitOffset(at: PlantedBug.commitsOneTooFar.isPlanted ? held + 1 : held) }
        guard let lastTaken else { return readTo }
        let next = CommitOffset(after: lastTaken)
        return max(next, readTo ?? next)
    }

    /// Where the commit stands; before the first, where this assignment started.
    private var floor: CommitOffset? { committed ?? firstTaken.map(CommitOffset.init(at:)) }

    /// What is done above the position to commit, and what may be: this assignment's map first.
    package var doneAhead: [DoneMap] { position.map(maps(from:)) ?? [] }

    /// What is done and covered by no commit that is known to have been stored, and what may be.
    package var doneUncommitted: [DoneMap] { floor.map(maps(from:)) ?? claims.map(\.map) }

    private func maps(from start: CommitOffset) -> [DoneMap] {
        let own = done(from: start.value).map { [$0] } ?? []
        if PlantedBug.forgetsClaims.isPlanted { return own }
        return own + (proven + claims.map(\.map)).filter { $0.last.offset >= start.value }
    }

    private func done(from start: Int64) -> DoneMap? {
        let open = claims.filter { $0.firstSkipped != nil }.map(\.map)
        // What such a claim has it says itself.
        let last = entries.last { entry in entry.isDone && !open.contains { $0.contains(entry.offset) } }
        guard let last, last.offset >= start else { return nil }
        let first = entries[firstIndex(from: start)]
        var runs: [ClosedRange<Int64>] = []
        var next = start
        for entry in entries[head...] where !entry.isDone && entry.offset >= start {
            if entry.offset > last.offset { break }
            if entry.offset > next { runs.append(next...entry.offset - 1) }
            next = entry.offset + 1
        }
        if next <= last.offset { runs.append(next...last.offset) }
        for map in open { runs = runs.subtracting(map.runs) }
        return DoneMap(
            first: LogMark(offset: first.offset, digest: first.digest), runs: runs,
            last: LogMark(offset: last.offset, digest: last.digest))
    }

    // MARK: Commits

    /// What to commit now; nil when nothing is new.
    package var committable: CommitOffset? {
        guard let position else { return nil }
        if voidFrom != nil, committed == nil { return position }
        let isAhead = position > floor ?? CommitOffset(at: -1)
        return isAhead || version > committedVersion && (hasDoneAhead || !failed.isEmpty) ? position : nil
    }

    private var hasDoneAhead: Bool {
        entries.last(where: \.isDone).map { $0.offset > position?.value ?? .max } ?? false
    }

    /// The commit that says all this; nil when nothing is new.
    ///
    /// - Parameters:
    ///   - transaction: the one that is to make it, if any.
    ///   - isRepeated: also when nothing is new; it says the same once more then, or, where nothing has been taken of a log
    ///     that is another, from where on that is read.
    package func commit(
        of partition: Int32, in transaction: TransactionMark? = nil, isRepeated: Bool = false
    ) -> PartitionCommit? {
        (committable ?? (isRepeated ? repeatable : nil)).map { position in
            PartitionCommit(
                partition: partition, generation: generation, position: position,
                metadata: CommitMetadataCodec.encode(doneAhead, failures: failureMarks, transaction: transaction),
                version: version)
        }
    }

    private var repeatable: CommitOffset? { position.map { max($0, floor ?? $0) } ?? voidFrom }

    /// Notes that the broker has stored this commit.
    package mutating func noteCommitted(_ commit: PartitionCommit) {
        if PlantedBug.takesOlderAnswer.isPlanted {
            (committed, committedVersion) = (commit.position, commit.version)
            return
        }
        // Answers may come in another order than the commits were sent in.
        committed = max(committed ?? commit.position, commit.position)
        if !proven.isEmpty { proven.removeAll { $0.last.offset < commit.position.value } }
        committedVersion = max(committedVersion, commit.version)
        if !failed.isEmpty { failed.forget(below: commit.position.value) }
    }

    // MARK: Places

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
