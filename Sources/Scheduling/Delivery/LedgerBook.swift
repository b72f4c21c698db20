/// The ledgers of a node's partitions over all their assignments: which offsets are done.
///
/// Owned by the consumer thread alone. Commits are fenced by the generation: the answer to a commit of an older one
/// moves no ledger. But a result the broker has acknowledged is a fact, so a partition that comes back to this node
/// before its commit counted remembers which records are done, and does not run them again.
package struct LedgerBook: Sendable {
    package enum Taken: Equatable, Sendable {
        /// - Parameter failures: how many of its runs have failed before.
        case run(RequestCoordinates, failures: Int)
        /// Done under an earlier assignment, or said to be; already marked.
        case doneBefore
        /// This assignment has taken the record before: the client rewound.
        case repeated
        /// From this offset on the log is another than the one that this assignment has read so far, or that an earlier
        /// one has. `restart` there, and take it again from there: what lies between may have been passed over.
        case ofAnotherLog(from: Int64)
        /// The partition is not ours.
        case notAssigned
    }

    private var ledgers: [Int32: PartitionLedger] = [:]
    private var memory: [Int32: DoneMemory] = [:]
    private var lastGeneration = 0

    package init() {}

    package var partitions: Set<Int32> { Set(ledgers.keys) }

    package subscript(_ partition: Int32) -> PartitionLedger? { ledgers[partition] }

    /// What the broker is known to have stored of a partition, and of which assignment; nil where it is not ours.
    mutating func committed(of partition: Int32) -> (generation: Int, CommitOffset?)? {
        look(at: partition) { ($0.generation, $0.committed) }
    }

    /// Looks at a ledger where it lies: outside its table it would be a copy.
    private mutating func look<Answer>(
        at partition: Int32, _ question: (inout PartitionLedger) -> Answer
    ) -> Answer? {
        guard let place = ledgers.index(forKey: partition) else { return nil }
        return question(&ledgers.values[place])
    }

    /// How long what was done is remembered of a partition that others have, in milliseconds: who has read it so long
    /// has committed.
    package static let memoryMs = 600_000

    /// Begins a new assignment of these partitions.
    package mutating func assign(_ partitions: [Int32], at now: MonotonicTime) {
        lastGeneration += 1
        memory = memory.filter { !$0.value.isOlder(than: Self.memoryMs, at: now) }
        for partition in partitions {
            ledgers[partition] = PartitionLedger(
                generation: lastGeneration, claims: memory[partition]?.takeMaps() ?? [])
        }
    }

    /// What the group's commit says to be done above its offset. Before the partition's first record is taken.
    package mutating func claim(_ partition: Int32, _ metadata: CommitMetadata) {
        ledgers[partition]?.claim(metadata.maps, failures: metadata.failures)
    }

    /// The partition's log ends before this offset.
    ///
    /// - Returns: from where on it is another than it was thought to be, if it is, and the last offset that has been read.
    ///   `restart` there, and read it again.
    package func claimBeyond(end: Int64, of partition: Int32) -> (from: Int64, last: Int64)? {
        ledgers[partition]?.claimBeyond(end: end)
    }

    /// Whether so many more may be taken of the partition: what is done of it will fit into its commit's metadata.
    package mutating func fitsMetadata(_ partition: Int32, after count: Int) -> Bool {
        look(at: partition) { $0.fitsMetadata(after: count) } ?? true
    }

    /// Ends the assignment of these partitions. What is done and not committed stays in memory.
    package mutating func release(_ partitions: some Sequence<Int32>, at now: MonotonicTime) {
        for partition in partitions {
            guard let ledger = ledgers.removeValue(forKey: partition) else { continue }
            memory[partition, default: DoneMemory()].add(ledger.doneUncommitted, at: now)
        }
    }

    /// The partition's offsets mean something else from now on: its log was cut or made anew. What is remembered of
    /// them is void, and so is every commit that was sent. What is in flight stays so, and counts for the new log only
    /// where that holds the very record.
    ///
    /// - Parameter offset: the first of them; below it the log is what it was. nil: all.
    package mutating func restart(_ partition: Int32, from offset: Int64? = nil) {
        if let offset { memory[partition]?.forget(from: offset) } else { memory[partition] = nil }
        guard ledgers[partition] != nil else { return }
        lastGeneration += 1
        if let offset {
            ledgers[partition]?.cut(at: offset, generation: lastGeneration)
        } else {
            ledgers[partition]?.begin(again: lastGeneration)
        }
    }

    /// Notes a record that Kafka handed out, and says whether to run it.
    /// - Parameter digest: what tells the record from another that a log may hold at the same offset.
    package mutating func take(partition: Int32, offset: Int64, digest: UInt64) -> Taken {
        guard let place = ledgers.index(forKey: partition) else { return .notAssigned }
        let (taken, generation, failures) = Self.take(offset, digest, of: &ledgers.values[place])
        switch taken {
        case .new: break
        case .claimed, .done: return .doneBefore
        case .ofAnotherLog(let from): return .ofAnotherLog(from: from)
        case .repeated: return .repeated
        }
        if wasDone(partition, offset, digest) {
            _ = ledgers.values[place].markDone(offset, digest: digest)
            return .doneBefore
        }
        return .run(
            RequestCoordinates(partition: partition, generation: generation, offset: offset), failures: failures)
    }

    private static func take(
        _ offset: Int64, _ digest: UInt64, of ledger: inout PartitionLedger
    ) -> (PartitionLedger.Taken, generation: Int, failures: Int) {
        (ledger.take(offset, digest: digest), ledger.generation, ledger.failures(at: offset))
    }

    /// Notes that so many runs of a request have failed, and that it is tried again.
    package mutating func noteFailures(_ count: Int, of coordinates: RequestCoordinates, digest: UInt64) {
        guard ledgers[coordinates.partition]?.generation == coordinates.generation else { return }
        ledgers[coordinates.partition]?.noteFailures(count, at: coordinates.offset, digest: digest)
    }

    /// Whether the very record is done. Another one at its offset: nothing is known of what is behind it either.
    private mutating func wasDone(_ partition: Int32, _ offset: Int64, _ digest: UInt64) -> Bool {
        guard !memory.isEmpty, let place = memory.index(forKey: partition) else { return false }
        switch memory.values[place].recall(offset, digest: digest) {
        case .done: return true
        case .another:
            memory.values[place].forget(from: offset)
            return false
        case .unknown: return false
        }
    }

    /// Notes that a request is done: its result, and its dead letter if it has one, are acknowledged.
    package mutating func done(_ coordinates: RequestCoordinates, digest: UInt64) {
        let partition = coordinates.partition
        if let place = ledgers.index(forKey: partition), ledgers.values[place].isBehind(coordinates.offset) {
            // It may be under an older generation: the result is there nevertheless.
            _ = ledgers.values[place].markDone(coordinates.offset, digest: digest)
        } else {
            memory[partition, default: DoneMemory()].add(coordinates.offset, digest: digest)
        }
    }

    /// Whether the result of a request is not this node's to publish any more: its partition has left since it was taken,
    /// or its record is done.
    func isGone(_ coordinates: RequestCoordinates, digest: UInt64) -> Bool {
        ledgers[coordinates.partition]?.isGone(coordinates, digest: digest) ?? true
    }

    /// Notes that a request is done. One of a log that is gone, which the ledger does not know, changes nothing.
    /// - Returns: false where it `isGone`.
    mutating func finish(_ coordinates: RequestCoordinates, digest: UInt64) -> Bool {
        guard let place = ledgers.index(forKey: coordinates.partition),
            !ledgers.values[place].isGone(coordinates, digest: digest)
        else { return false }
        _ = ledgers.values[place].markDone(coordinates.offset, digest: digest)
        return true
    }

    /// Notes that a partition holds no more records before this offset.
    ///
    /// - Returns: whether that moves the commit.
    package mutating func noteRead(_ partition: Int32, to position: CommitOffset) -> Bool {
        ledgers[partition]?.noteRead(to: position) ?? false
    }

    /// What can be committed, of these partitions or of all.
    package mutating func commits(of partitions: Set<Int32>? = nil) -> [PartitionCommit] {
        ledgers.keys.sorted().compactMap { partition in
            guard partitions?.contains(partition) ?? true else { return nil }
            return look(at: partition) { $0.commit(of: partition) } ?? nil
        }
    }

    /// What a transaction commits: what can be, and the partitions of its results in any case, for its mark.
    mutating func commits(in transaction: TransactionMark, with results: Set<Int32>) -> [PartitionCommit] {
        ledgers.keys.sorted().compactMap { partition in
            let isRepeated = results.contains(partition)
            return look(at: partition) { $0.commit(of: partition, in: transaction, isRepeated: isRepeated) } ?? nil
        }
    }

    /// Whether a commit speaks for the present assignment of its partition, though perhaps for a log that is gone.
    func isOfPresentAssignment(_ commit: PartitionCommit) -> Bool {
        ledgers[commit.partition]?.hasAssignment(of: commit.generation) ?? false
    }

    /// Notes that the broker has stored a commit. One of another assignment, or of another log, says nothing of this.
    package mutating func noteCommitted(_ commit: PartitionCommit) {
        let partition = commit.partition
        guard PlantedBug.forgetsGeneration.isPlanted || ledgers[partition]?.generation == commit.generation else {
            return
        }
        ledgers[partition]?.noteCommitted(commit)
        guard !memory.isEmpty, let place = memory.index(forKey: partition) else { return }
        memory.values[place].forget(below: commit.position.value)
        if memory.values[place].isEmpty { memory.remove(at: place) }
    }
}
