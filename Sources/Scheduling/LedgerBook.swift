/// The ledgers of a node's partitions over all their assignments, and what is in flight.
///
/// Owned by the consumer thread alone. Commits are fenced by the generation: an acknowledgement of an older one moves
/// no ledger. But a result the broker has acknowledged is a fact, so a partition that comes back to this node before
/// its commit counted remembers which offsets are done, and does not run them again.
package struct LedgerBook: Sendable {
    package enum Taken: Equatable, Sendable {
        case run(RequestCoordinates, token: UInt64)
        /// Done under an earlier assignment, whose commit did not get through; already marked.
        case doneBefore
        /// This assignment has taken the record before: the client rewound.
        case repeated
        /// The log is another than the one this assignment has read so far. `restart`, and take it again.
        case ofAnotherLog
        /// The partition is not ours.
        case notAssigned
    }

    private var ledgers: [Int32: OffsetLedger] = [:]
    private var memory: [Int32: DoneMemory] = [:]
    private var lastGeneration = 0
    private var lastToken: UInt64 = 0
    private var inFlight: [UInt64: RequestCoordinates] = [:]

    package init() {}

    package var inFlightCount: Int { inFlight.count }
    package var partitions: Set<Int32> { Set(ledgers.keys) }

    package subscript(_ partition: Int32) -> OffsetLedger? { ledgers[partition] }

    /// How long what was done is remembered of a partition that others have, in milliseconds: so long after, its log
    /// may be another, and who has read it meanwhile has committed.
    package static let memoryMs = 600_000

    /// Begins a new assignment of these partitions.
    package mutating func assign(_ partitions: [Int32], at now: MonotonicTime) {
        lastGeneration += 1
        for partition in partitions {
            ledgers[partition] = OffsetLedger(generation: lastGeneration)
            let age = memory[partition].map { now.milliseconds(since: $0.since) } ?? 0
            if age > Double(Self.memoryMs) { memory[partition] = nil }
        }
    }

    /// Ends the assignment of these partitions. What is done and not committed stays in memory.
    package mutating func release(_ partitions: some Sequence<Int32>, at now: MonotonicTime) {
        for partition in partitions {
            guard let ledger = ledgers.removeValue(forKey: partition) else { continue }
            memory[partition, default: DoneMemory()].add(ledger.doneUncommitted, ledger.doneAhead)
            memory[partition]?.since = now
        }
    }

    /// The partition's offsets mean something else from now on: its log was cut or made anew. What is remembered of
    /// them is void, and so is what becomes of the requests in flight: their results count, their offsets do not.
    package mutating func restart(_ partition: Int32) {
        memory[partition] = nil
        inFlight = inFlight.filter { $0.value.partition != partition }
        guard ledgers[partition] != nil else { return }
        lastGeneration += 1
        ledgers[partition] = OffsetLedger(generation: lastGeneration)
    }

    /// Notes a record that Kafka handed out, and says whether to run it.
    /// - Parameter stamp: the record's, in milliseconds since 1970.
    package mutating func take(partition: Int32, offset: Int64, stamp: Int64 = 0) -> Taken {
        guard let generation = ledgers[partition]?.generation else { return .notAssigned }
        switch ledgers[partition]?.take(offset, stamp: stamp) {
        case .new: break
        case .ofAnotherLog: return .ofAnotherLog
        case .repeated, nil: return .repeated
        }
        if memory[partition]?.contains(offset) == true {
            _ = ledgers[partition]?.markDone(offset)
            return .doneBefore
        }
        lastToken += 1
        let coordinates = RequestCoordinates(partition: partition, generation: generation, offset: offset)
        inFlight[lastToken] = coordinates
        return .run(coordinates, token: lastToken)
    }

    /// Notes that a request is done: its result, and its dead letter if it has one, are acknowledged.
    ///
    /// - Returns: its coordinates, or nil for a token that is not in flight.
    @discardableResult
    package mutating func done(token: UInt64) -> RequestCoordinates? {
        guard let coordinates = inFlight.removeValue(forKey: token) else { return nil }
        if let ledger = ledgers[coordinates.partition], ledger.generation == coordinates.generation {
            _ = ledgers[coordinates.partition]?.markDone(coordinates.offset)
        } else if ledgers[coordinates.partition]?.markDone(coordinates.offset) != true {
            memory[coordinates.partition, default: DoneMemory()].add(nil, [coordinates.offset])
        }
        return coordinates
    }

    /// Notes that a partition holds no more records before this offset.
    ///
    /// - Returns: whether that moves the commit.
    package mutating func noteRead(_ partition: Int32, to position: CommitOffset) -> Bool {
        ledgers[partition]?.noteRead(to: position) ?? false
    }

    /// Forgets a request that will not be run here: its partition was given up, or the node ends.
    package mutating func abandon(token: UInt64) {
        inFlight[token] = nil
    }

    /// What can be committed, of these partitions or of all.
    package func commits(of partitions: Set<Int32>? = nil) -> [(partition: Int32, position: CommitOffset)] {
        ledgers.compactMap { partition, ledger in
            guard partitions?.contains(partition) ?? true, let position = ledger.committable else { return nil }
            return (partition, position)
        }.sorted { $0.partition < $1.partition }
    }

    package mutating func noteCommitted(_ partition: Int32, _ position: CommitOffset) {
        ledgers[partition]?.noteCommitted(position)
        memory[partition]?.forget(below: position.value)
        if memory[partition]?.isEmpty == true { memory[partition] = nil }
    }
}

/// Offsets of one partition that are done, though no commit says so.
private struct DoneMemory: Sendable {
    private var range: Range<Int64>?
    private var ahead: Set<Int64> = []
    /// When the partition was last given up.
    var since = MonotonicTime(nanoseconds: 0)

    var isEmpty: Bool { range == nil && ahead.isEmpty }

    func contains(_ offset: Int64) -> Bool { range?.contains(offset) == true || ahead.contains(offset) }

    mutating func add(_ done: Range<Int64>?, _ offsets: [Int64]) {
        ahead.formUnion(offsets)
        guard let done else { return }
        guard let old = range, old.overlaps(done) || old.upperBound == done.lowerBound else {
            range = done
            return
        }
        range = min(old.lowerBound, done.lowerBound)..<max(old.upperBound, done.upperBound)
    }

    mutating func forget(below offset: Int64) {
        ahead = ahead.filter { $0 >= offset }
        if let old = range { range = old.upperBound > offset ? max(old.lowerBound, offset)..<old.upperBound : nil }
    }
}
