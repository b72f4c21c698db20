import Messages

/// The shared state of a node: what is queued, what each slot does, and whether Kafka may give more.
///
/// One value behind one lock. It decides and hands the decision back; who calls it acts after the lock is released.
package struct ConcurrencyManager: Sendable {
    /// What a slot is doing.
    package enum SlotState: Sendable {
        /// Its host is being started or replaced.
        case starting
        case idle
        case running(Step, since: MonotonicTime)
        case stopped
    }

    /// What a slot is to do next.
    package enum Assignment: Sendable {
        /// `ahead`: what is to be written to its host with it.
        case run(Step, ahead: [Step], Wakes)
        /// The step is over without being run.
        case refuse(Step, Refusal, Wakes)
        case wait
        case stop

        package var wakes: Wakes {
            switch self {
            case .run(_, _, let wakes), .refuse(_, _, let wakes): wakes
            case .wait, .stop: Wakes()
            }
        }
    }

    /// Why a step is over without being run.
    package enum Refusal: Sendable, Equatable {
        /// Its strategy is suspended; the next probe is due so much later.
        case suspended(retryMs: Int)
        /// Its `expires_at` has passed while it waited; where it was for a host, what the last start failed with.
        case expired(startFailure: String?)
        /// It waited for a host, and its strategy has been switched off.
        case disabled
    }

    /// Whom to wake once the lock is released.
    package struct Wakes: Sendable {
        /// The queue has come down to where the node takes again.
        package var consumer = false
        /// The next slot for what is left in the queue. It wakes the one after it, if then still something is left: so
        /// hardly more are woken than find something.
        package var slots: [Int] = []
    }

    package internal(set) var slots: [SlotState]
    package internal(set) var queue: StrategyQueue
    package private(set) var backpressure: BackpressureController
    package internal(set) var locks = LockTable()
    package internal(set) var resources: ResourceBudget
    package internal(set) var throttle: Throttle
    package internal(set) var circuitBreaker: CircuitBreaker
    package internal(set) var starts: StartGate
    /// Strategies that are switched off.
    package var disabled: Set<Int> = []
    /// Steps whose time has passed while they wait, by their tokens.
    var expired: Set<UInt64> = []
    /// What the two have decided since somebody last asked.
    var changes: [PolicyChange] = []
    /// Running steps by strategy.
    var runningOf: [Int: Int] = [:]
    /// How often others have passed a step that waits for memory, processors or locks, by its token.
    var passes: [UInt64: Int] = [:]
    /// Partitions are held because the steps that wait fill their part of the queue.
    var holdsPartitions = false
    /// Steps that run again: their host was ended to break a deadlock, or was gone before it had them. They come before
    /// all that are queued, and take no place that the consumer has counted on: so the queue never passes its bound.
    package internal(set) var displaced: [Step] = []
    /// Steps that are to be ended by their slots, to break a deadlock.
    var victims: Set<UInt64> = []
    /// Slots whose hosts the node ends, and the steps that they are ended for. One that has ended by itself meanwhile
    /// leaves its slot here: what the host is lost for then is none of the next step's doing.
    var ended: [Int: Set<UInt64>] = [:]
    /// Steps that were written to a slot's host behind the one it runs, the next first.
    var ahead: [[Step]]
    package internal(set) var serviceTimes: ServiceTimes
    /// Steps that were written ahead to a host that is lost, and are not run here any more.
    var givenBack: [Step] = []
    /// Results wait for room in the producer's queue.
    package private(set) var isOutputFull = false
    /// Steps begun and ended; stands still while nothing moves.
    package internal(set) var progress = 0
    package private(set) var isStopping = false
    /// Whether the consumer waits for running steps to end (a revocation, a drain): then each end wakes it.
    package var isDrainAwaited = false
    /// What is in flight, the queued and the running among it, as the consumer thread last said. It alone counts
    /// (`InFlightTable`); here nothing is added or taken off.
    package private(set) var inFlight = InFlightLoad()

    package init(
        slotCount: Int, backpressure settings: BackpressureController.Settings, resources: ResourceBudget = .unbounded,
        throttle: Throttle.Settings = Throttle.Settings(),
        circuitBreaker: CircuitBreaker.Settings = CircuitBreaker.Settings(),
        serviceTimes: ServiceTimes = ServiceTimes(), starts: StartGate = StartGate()
    ) {
        self.starts = starts
        self.serviceTimes = serviceTimes
        self.resources = resources
        self.throttle = Throttle(throttle, slotCount: slotCount)
        self.circuitBreaker = CircuitBreaker(circuitBreaker)
        slots = Array(repeating: .starting, count: slotCount)
        ahead = Array(repeating: [], count: slotCount)
        queue = StrategyQueue(bound: settings.queueDepth)
        backpressure = BackpressureController(settings)
    }

    var aheadCount: Int { ahead.reduce(0) { $0 + $1.count } }

    /// Requests taken that have not begun.
    package var depth: Int { queue.depth + aheadCount }

    package var runningCount: Int {
        slots.count { if case .running = $0 { true } else { false } }
    }

    /// How many requests may be taken from Kafka now.
    package var capacity: Int {
        guard backpressure.isFlowing, !isStopping else { return 0 }
        let room = max(
            0, min(queue.capacity - aheadCount - displaced.count, backpressure.settings.maxInFlight - inFlight.count))
        // Where too many wait already, what comes is looked at one by one: each may be one more.
        return min(room, max(1, waitingBound - waitingCount))
    }

    // MARK: The consumer's side

    /// Takes in what is in flight now. The consumer thread says so whenever it has the lock, before anything else.
    package mutating func noteInFlight(_ load: InFlightLoad) { inFlight = load }

    /// Queues steps. At most `capacity` may be admitted.
    ///
    /// - Returns: an idle slot to wake for them, if there is one.
    package mutating func admit(_ steps: [Step]) -> [Int] {
        for step in steps { queue.append(step) }
        return idleSlotToWake()
    }

    /// Takes the queued steps of partitions that are given up: their requests are to be abandoned.
    package mutating func dropQueued(partitions: Set<Int32>) -> [Step] {
        let isGone = { (step: Step) in partitions.contains(step.coordinates.partition) }
        let dropped = displaced.filter(isGone) + queue.drop(partitions: partitions)
        displaced.removeAll(where: isGone)
        for step in dropped { forgetWaiting(step) }
        return dropped
    }

    /// Call it before `capacity` is asked for.
    /// - Parameter isOutputFull: results wait for room in the producer's queue.
    package mutating func updateBackpressure(
        isOutputFull: Bool = false, at now: MonotonicTime
    ) -> BackpressureController.Action {
        // Nobody counts on a place at this moment.
        while queue.capacity > aheadCount, let step = displaced.popLast() { queue.putBack(step) }
        return backpressure.update(depth: depth, inFlight: inFlight, isOutputFull: isOutputFull, at: now)
    }

    /// Whether results wait for room in the producer's queue: then no step begins, which would make one more.
    ///
    /// - Returns: a slot to wake, where steps may begin again.
    package mutating func noteOutput(isFull: Bool) -> [Int] {
        guard isFull != isOutputFull else { return [] }
        isOutputFull = isFull
        return isFull ? [] : idleSlotToWake()
    }

    package mutating func noteDiscarded(bytes: Int, at now: MonotonicTime) {
        backpressure.discarded(bytes: bytes, at: now)
    }

    /// The running steps of partitions that are given up: somebody else runs them now. Their requests are given back
    /// when their slots find the hosts lost.
    ///
    /// - Returns: the slots whose hosts are to be ended.
    package mutating func giveUpRunning(partitions: Set<Int32>) -> [Int] {
        slots.indices.filter { slot in
            guard case .running(let step, _) = slots[slot] else { return false }
            let given = ([step] + ahead[slot]).filter { partitions.contains($0.coordinates.partition) }
            guard !given.isEmpty else { return false }
            ended[slot, default: []].formUnion(given.map(\.token))
            return true
        }
    }

    /// Whether the node itself has ended the slot's host.
    package func isEnded(slot: Int) -> Bool { ended[slot] != nil }

    /// No more steps are started: what is queued is given back, what runs may finish.
    package mutating func stop() -> [Step] {
        isStopping = true
        let dropped = displaced + queue.dropAll()
        displaced = []
        passes = [:]
        expired = []
        return dropped
    }

    // MARK: A slot's side

    /// What the slot, its host ready, is to do next.
    package mutating func next(for slot: Int, at now: MonotonicTime) -> Assignment {
        if isStopping {
            slots[slot] = .stopped
            return .stop
        }
        guard !isOutputFull else {
            slots[slot] = .idle
            return .wait
        }
        let before = depth
        starts.look(at: now)
        if let (step, refusal) = takeRefused(at: now) {
            slots[slot] = .running(step, since: now)
            return .refuse(step, refusal, wakes(before: before))
        }
        guard let step = takeRunnable() else {
            slots[slot] = .idle
            return .wait
        }
        slots[slot] = .running(step, since: now)
        progress += 1
        return .run(step, ahead: writeAhead(slot: slot), wakes(before: before))
    }

    /// The slot's step has ended, and, if it was written to behind it, its host with it.
    ///
    /// - Parameter conduct: what its end says of its strategy.
    /// - Returns: the slots to wake: those whose steps get the locks that came free, and an idle one for waiting steps.
    package mutating func finish(slot: Int, _ conduct: Conduct = .unknown, at now: MonotonicTime) -> [Int] {
        guard case .running(let step, _) = slots[slot] else { return [] }
        takeBackAhead(slot: slot)
        return end(step, conduct, slot: slot, at: now) + idleSlotToWake()
    }

    /// - Returns: slots whose steps get the locks that came free.
    mutating func end(_ step: Step, _ conduct: Conduct, slot: Int, at now: MonotonicTime) -> [Int] {
        slots[slot] = .starting
        progress += 1
        judge(step, conduct, at: now)
        return release(step)
    }

    /// The slot's host is lost or its start failed.
    ///
    /// - Returns: an idle slot to wake instead, should steps wait.
    package mutating func noteStarting(slot: Int) -> [Int] {
        slots[slot] = .starting
        takeBackAhead(slot: slot)
        ended[slot] = nil
        return idleSlotToWake()
    }

    /// The slot ends for good.
    package mutating func noteStopped(slot: Int) { slots[slot] = .stopped }

    package var allStopped: Bool {
        slots.allSatisfy { if case .stopped = $0 { true } else { false } }
    }

    mutating func wakes(before: Int) -> Wakes { Wakes(consumer: isTakingDue(before: before), slots: idleSlotToWake()) }

    /// Whether the queue has come down to where the consumer takes again.
    private mutating func isTakingDue(before: Int) -> Bool {
        if holdsPartitions, waitingCount < waitingBound {
            holdsPartitions = false
            return true
        }
        let resumeDepth = backpressure.settings.resumeDepth
        return !backpressure.isFlowing && before > resumeDepth && depth <= resumeDepth
    }

    /// An idle slot to wake for what waits in the queue, if there is one and something waits.
    mutating func idleSlotToWake() -> [Int] {
        guard queue.depth + displaced.count > 0, !isOutputFull else { return [] }
        guard let index = slots.firstIndex(where: { if case .idle = $0 { true } else { false } }) else { return [] }
        // It is woken once: until it has asked for its next step it counts as starting.
        slots[index] = .starting
        return [index]
    }
}

// MARK: What an observer asks

extension ConcurrencyManager {
    /// Where a request in flight is.
    package enum Place: Sendable {
        case queued
        /// Queued, and may not run yet.
        case waiting
        case running(slot: Int)
        /// It has its result, which is not acknowledged yet.
        case publishing
    }

    /// The tokens of the steps that are queued or run. A request in flight that is none of them has its result, which
    /// is not acknowledged yet.
    package var notEnded: Set<UInt64> {
        var tokens = Set(queue.queued.map(\.token))
        tokens.formUnion(displaced.map(\.token))
        for steps in ahead { tokens.formUnion(steps.map(\.token)) }
        for case .running(let step, _) in slots { tokens.insert(step.token) }
        return tokens
    }

    package func place(of token: UInt64) -> Place {
        for (slot, state) in slots.enumerated() {
            if case .running(let step, _) = state, step.token == token { return .running(slot: slot) }
        }
        if displaced.contains(where: { $0.token == token }) { return .waiting }
        if ahead.contains(where: { $0.contains { $0.token == token } }) { return .queued }
        guard let step = queue.queued.first(where: { $0.token == token }) else { return .publishing }
        return isWaiting(step) ? .waiting : .queued
    }
}
