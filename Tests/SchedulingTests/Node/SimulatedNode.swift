import Messages

@testable import Scheduling

/// One node of the model: the core and the dispatcher that ship, and around them what a process has.
final class SimulatedNode {
    let id: Int
    var core: NodeCore
    var dispatcher: Dispatcher
    let client = SimulatedClient()
    /// What the host of each slot has: the step it runs, and behind it what is written ahead.
    var hosts: [[Step]]
    /// Slots that have found nothing to do: they move only when they are woken.
    var asleep = SlotSet()
    /// The consumer thread sleeps until somebody wakes it, or its own deadline.
    var isConsumerAsleep = false
    /// Its core has heard something since the rules of the group were last looked at.
    var hasHeard = true
    var consumerDeadline = MonotonicTime(nanoseconds: 0)
    /// Slots whose hosts the node has ended, and which have not noticed yet.
    var killed = SlotSet()
    var messages: [SimulatedMessage] = []
    /// Of its producer of transactions.
    let transactionalID: Int
    var epoch = -1
    /// What slots have published, as long as the consumer thread has not taken it.
    var buffer: [SimulatedMessage] = []
    /// By token, the digests of what waits for a transaction or is in one.
    var published: [UInt64: Int] = [:]
    /// Messages of its transaction were refused.
    var hasRefusal = false
    /// Digests of what was refused by itself.
    var replaced: Set<Int> = []
    /// By token, what has failed and is tried again, how often, and before when not.
    var failed: [UInt64: (at: RequestCoordinates, count: Int, due: MonotonicTime)] = [:]
    /// Steps of lanes that have no result yet, as they were taken.
    var unpublished: [Step] = []
    /// By token, what is in flight.
    private var held: [UInt64: (digest: Int, bytes: Int)] = [:]
    private(set) var bytes = 0
    /// By partition, what has been taken under its present assignment.
    var taken = PartitionTable<[Int]>()
    /// By partition, the last offset that has been taken under its present assignment.
    var lastTaken = PartitionTable<Int64>()
    /// The first generation of each partition's present assignment.
    var generations = PartitionTable<Int>()
    /// Partitions of which nobody has said what was done above the committed offset.
    var unknown: Set<Int32> = []
    /// By partition and generation, the largest version that the node knows to be stored.
    var knownStored = PartitionTable<[Int: UInt64]>()
    /// The same for the position.
    var knownPositions = PartitionTable<[Int: CommitOffset]>()
    /// Commits by number, as long as they are not answered.
    var commits: [UInt64: [PartitionCommit]] = [:]
    /// What still runs is published no more.
    var isAbandoned = false
    var isOutputFull = false
    /// It is to end, and what runs may take so long.
    var stopAfterMs: Int?

    static let slotCount = 3
    static let queueDepth = 20
    static let maxInFlight = 40
    static let maxInFlightBytes = 30_000
    static let memoryMB = 512
    static let retries = RetryRules(failed: 3, crashed: 3, timedOut: 2, firstDelayMs: 20, maximumDelayMs: 1000)

    init(_ id: Int, transactionalID: Int?, _ random: inout SplitMix64) {
        self.id = id
        self.transactionalID = transactionalID ?? -1
        core = NodeCore(
            NodeCore.Settings(
                revokeDrainMs: random.chance(50) ? 0 : 200, commitIntervalMs: 25,
                delivery: transactionalID == nil ? .atLeastOnce : .exactlyOnce(NodeWorld.transactions(ofNode: id))))
        dispatcher = Dispatcher(
            slotCount: Self.slotCount,
            backpressure: .init(
                queueDepth: Self.queueDepth, resumeDepth: Self.queueDepth / 2,
                pauseAfterMs: random.chance(50) ? 0 : 10, maxInFlight: Self.maxInFlight,
                maxInFlightBytes: Self.maxInFlightBytes),
            triedAgain: [HostConduct.long.rawValue])
        hosts = Array(repeating: [], count: Self.slotCount)
    }

    var isEnded: Bool { core.phase == .ended }

    /// Looks at the dispatcher where it lies: a question that is asked of it outside has it copied first.
    func look<Answer>(_ question: (inout Dispatcher) -> Answer) -> Answer { question(&dispatcher) }

    func wakeConsumer() { isConsumerAsleep = false }
    func wake(_ wakes: Dispatcher.Wakes) {
        asleep.subtract(wakes.slots)
        if wakes.consumer { wakeConsumer() }
    }

    func noteTaken(_ token: UInt64, _ digest: Int, bytes size: Int) {
        held[token] = (digest, size)
        bytes += size
    }

    func digest(of token: UInt64) -> Int? { held[token]?.digest }

    func isInFlight(_ token: UInt64) -> Bool { core.inFlight.digest(of: token) != nil }

    func noteLeft(_ token: UInt64) { bytes -= held.removeValue(forKey: token)?.bytes ?? 0 }

    /// Forgets what has left without a word.
    func prune() {
        guard held.count != core.inFlight.load.count else { return }
        unpublished.removeAll { !isInFlight($0.token) }
        for token in held.keys where !isInFlight(token) { noteLeft(token) }
        for token in failed.keys where !isInFlight(token) { failed[token] = nil }
    }

    func kill(_ slots: [Int]) {
        killed.formUnion(slots)
        asleep.subtract(slots)
    }

    /// Whether its slots, its consumer or its client have something to do at this time.
    func isBusy(at now: MonotonicTime) -> Bool {
        !isConsumerAsleep || now >= consumerDeadline || client.hasNews || !messages.isEmpty || client.call != nil
            || !buffer.isEmpty
            || asleep.count < Self.slotCount || !client.seeks.isEmpty || !client.questions.isEmpty
    }
}
