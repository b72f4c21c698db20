package import Messages

/// What a node knows and decides of its group, its commits, what it has in flight, and its end.
///
/// Inputs in, actions out: it reads no clock, takes no lock and waits for nothing. The consumer thread owns it; what the
/// slots share, the dispatcher, is lent to each call that needs it, under its lock. So the simulation of the whole node
/// drives what ships.
///
/// The way of a request is by calls of its own instead of inputs, since it is taken for each of them: `take`, `plan`,
/// `acknowledge`, `abandon`.
package struct NodeCore: ~Copyable, Sendable {
    package struct Settings: Sendable {
        /// How long what runs of a partition that is taken back may go on.
        package var revokeDrainMs: Int
        /// How long what is done may lie uncommitted.
        package var commitIntervalMs: Int
        package var delivery: DeliveryMode

        package init(
            revokeDrainMs: Int = 1000, commitIntervalMs: Int = 25, delivery: DeliveryMode = .atLeastOnce
        ) {
            self.revokeDrainMs = revokeDrainMs
            self.commitIntervalMs = commitIntervalMs
            self.delivery = delivery
        }
    }

    /// What becomes of a record that Kafka has handed out.
    package enum Taken: Equatable, Sendable {
        /// It is in flight under this token: say what it is (`plan`), and have it run or refused.
        /// - Parameter failures: how many of its runs have failed before.
        case run(RequestCoordinates, token: UInt64, failures: Int)
        /// It is done, or passed over, or none of this node's.
        case skip
        /// The very record was taken before: the client rewound.
        case repeated
        /// The log has changed. Where `seek` is given the partition is to be read again from there; else the record is
        /// to be taken again at once.
        case logChanged(seek: Int64?)
    }

    let settings: Settings
    package internal(set) var group = GroupState.unassigned
    package internal(set) var phase = NodePhase.running
    /// It ends because it can do no more.
    package internal(set) var isFailing = false
    /// As the client was told. Its pause outlives an assignment, and so does this.
    package internal(set) var paused: Set<Int32> = []
    package internal(set) var inFlight = InFlightTable()
    /// As the dispatcher has last heard of it.
    private var toldInFlight = InFlightLoad()
    package internal(set) var book = LedgerBook()
    var commits = CommitSchedule()
    /// nil: at least once.
    var transactions: Transactions?
    /// What transactions have made done.
    var settled: [InFlightRequest] = []
    var lastQuestion: UInt64 = 0
    /// What the partitions may do, as backpressure has it.
    var fetching = BackpressureController.Fetching.mayResume
    /// What has come of partitions that are fetched.
    var fetches = FetchWatch()
    /// The protocol in force.
    var isCooperative = false
    /// Partitions that are about to be read again from an earlier offset, with the last record that came before.
    private var rewinding: [Int32: Int64] = [:]
    /// Partitions whose logs seem to end before what was done of them, and since when.
    var endingEarly: [Int32: MonotonicTime] = [:]
    /// Read from elsewhere than before: the next record says where the commit belongs.
    var beginning: Set<Int32> = []
    /// Partitions of which nothing is taken until what is done of them surely fits into their commits, and when that was
    /// last so.
    var overfull: [Int32: MonotonicTime] = [:]
    private var takeFrom = 0
    var actions: [NodeAction] = []

    package init(_ settings: Settings = Settings()) {
        self.settings = settings
        if case .exactlyOnce(let transactions) = settings.delivery { self.transactions = Transactions(transactions) }
    }

    /// How many partitions are held because what is done of them might not fit into their commits.
    package var metadataFullCount: Int { overfull.count }

    package var owned: Set<Int32> { group.ownership.partitions }

    // MARK: The way of a request

    /// Notes a record that Kafka handed out.
    ///
    /// - Parameters:
    ///   - digest: what tells the record from another that a log may hold at the same offset.
    ///   - bytes: of the record.
    package mutating func take(partition: Int32, offset: Int64, digest: UInt64, bytes: Int) -> Taken {
        if let last = rewinding[partition] {
            // The client has not heard of it yet: its records still go on from where they were.
            guard offset <= last else {
                rewinding[partition] = offset
                return .skip
            }
            rewinding[partition] = nil
        }
        if !beginning.isEmpty, beginning.remove(partition) != nil { commits.noteDone() }
        switch book.take(partition: partition, offset: offset, digest: digest) {
        case .run(let coordinates, let failures):
            let token = inFlight.take(coordinates, digest: digest, bytes: bytes)
            return .run(coordinates, token: token, failures: failures)
        case .doneBefore:
            commits.noteDone()
            return .skip
        case .notAssigned: return .skip
        case .repeated: return .repeated
        case .ofAnotherLog(let from):
            restart(partition, from: from, at: offset)
            return .logChanged(seek: from < offset && !PlantedBug.doesNotSeek.isPlanted ? from : nil)
        }
    }

    /// - Parameter last: the last record of the partition that the client has handed out.
    mutating func restart(_ partition: Int32, from offset: Int64, at last: Int64) {
        book.restart(partition, from: offset)
        endingEarly[partition] = nil
        fetches.forget(partition)
        commits.noteDone()
        if offset <= last { rewinding[partition] = last }
    }

    /// Whether the client's position is still that before it reads the partition again.
    func isRewinding(_ partition: Int32) -> Bool {
        rewinding[partition] != nil && !PlantedBug.believesOldPosition.isPlanted
    }

    /// The partition is read from elsewhere: whatever comes next is what is there.
    mutating func forgetPlace(_ partition: Int32) {
        rewinding[partition] = nil
        endingEarly[partition] = nil
        fetches.forget(partition)
    }

    /// Says what a record that was taken asks for.
    package mutating func plan(_ request: InFlightRequest) { inFlight.plan(request) }

    /// A message of a request is acknowledged, or given up as one that no topic takes.
    ///
    /// - Returns: the request, where that makes it done.
    package mutating func acknowledge(_ token: UInt64, _ part: MessagePart, _ status: ResultStatus) -> InFlightRequest?
    {
        if PlantedBug.dropsAcknowledgementOfRevoked.isPlanted, group.revocation != nil { return nil }
        guard let done = inFlight.acknowledge(token, part, status) else { return nil }
        book.done(done.coordinates, digest: done.digest)
        commits.noteDone()
        return done.request
    }

    /// These steps will not be run here, nor have a result: their requests stay not done.
    package mutating func abandon(_ steps: [Step]) {
        for step in steps { inFlight.abandon(step.token) }
    }

    /// These steps have failed and are tried again: the next commit says how often.
    mutating func noteFailed(_ steps: [Step]) {
        for step in steps {
            guard let digest = inFlight.digest(of: step.token) else { continue }
            book.noteFailures(step.failureCount, of: step.coordinates, digest: digest)
            commits.noteDone()
        }
    }

    package mutating func nextForm(of token: UInt64, _ part: MessagePart) -> MessageForm? {
        inFlight.nextForm(of: token, part)
    }

    package mutating func oldestUnacknowledged(notEnded: Set<UInt64>, at now: MonotonicTime) -> MonotonicTime? {
        inFlight.oldestUnacknowledged(notEnded: notEnded, at: now)
    }

    // MARK: What the dispatcher hears

    /// The dispatcher hears what is in flight before anything else: so who looks at it sees a request in flight no
    /// later than in the queue.
    package mutating func tell(_ dispatcher: inout Dispatcher) {
        toldInFlight = inFlight.load
        dispatcher.noteInFlight(toldInFlight)
    }

    /// Whether the dispatcher has heard of less or more.
    package var hasToTell: Bool { inFlight.load != toldInFlight }

    // MARK: Taking

    /// What a turn may take.
    package struct Takeable: Equatable, Sendable {
        /// Of all partitions together.
        package var room = 0
        /// Of one of them.
        package var share = 0
        /// Beginning with another each time, so that none is always the last.
        package var partitions: [Int32] = []
    }

    /// So many records are taken of one partition at once, and what is done of it must fit into its commit with all of
    /// them: with as many as a large queue has room for it might never.
    static let largestShare = 100

    package mutating func takeable(_ dispatcher: inout Dispatcher, at now: MonotonicTime) -> Takeable {
        guard case .running = phase else { return Takeable() }
        let (room, held) = dispatcher.openings()
        guard room > 0 else { return Takeable() }
        let (owned, untakeable) = (owned, group.untakeable)
        var partitions: [Int32] = []
        partitions.reserveCapacity(owned.count)
        for partition in owned
        where !untakeable.contains(partition) && !held.contains(partition) && mayTake(of: partition, at: now) {
            partitions.append(partition)
        }
        guard !partitions.isEmpty else { return Takeable() }
        partitions.sort()
        takeFrom = (takeFrom + 1) % partitions.count
        return Takeable(
            room: room, share: min(max(1, room / partitions.count), Self.largestShare),
            partitions: partitions.indices.map { partitions[($0 + takeFrom) % partitions.count] })
    }

    private mutating func mayTake(of partition: Int32, at now: MonotonicTime) -> Bool {
        if book.fitsMetadata(partition, after: Self.largestShare) { return true }
        if overfull.updateValue(now, forKey: partition) == nil { actions.append(.tell(.metadataFull(partition))) }
        return false
    }

    /// A partition at the bound is held and let go with every few records: that is told as one hold.
    mutating func noteMetadataFits(_ now: MonotonicTime) {
        for (partition, last) in overfull.sorted(by: { $0.key < $1.key })
        where now >= last.adding(milliseconds: 1000) && book.fitsMetadata(partition, after: Self.largestShare) {
            overfull[partition] = nil
            actions.append(.tell(.metadataFits(partition)))
        }
    }

    /// Takes in how full the node is. Which partitions are paused or resumed for it is decided when it is known what lies
    /// prefetched of them (`prefetchInQuestion`).
    ///
    /// - Parameter isOutputFull: results wait for room in the producer's queue.
    package mutating func applyBackpressure(
        isOutputFull: Bool, _ dispatcher: inout Dispatcher, at now: MonotonicTime
    ) -> [NodeAction] {
        tell(&dispatcher)
        wake(dispatcher.noteOutput(isFull: isOutputFull))
        fetching = dispatcher.updateBackpressure(isOutputFull: isOutputFull, at: now)
        return takeActions()
    }

    mutating func wake(_ slots: [Int]) { if !slots.isEmpty { actions.append(.wake(slots)) } }

    mutating func takeActions() -> [NodeAction] {
        guard !actions.isEmpty else { return [] }
        defer { actions = [] }
        return actions
    }
}
