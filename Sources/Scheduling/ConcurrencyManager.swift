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
        /// `wakesConsumer`: the queue has come down to where the node takes again.
        case run(Step, wakesConsumer: Bool)
        /// Its strategy is suspended: the step is over without being run. The next probe is due so much later.
        case refuse(Step, retryMs: Int, wakesConsumer: Bool)
        case wait
        case stop
    }

    package internal(set) var slots: [SlotState]
    package internal(set) var queue: StrategyQueue
    package private(set) var backpressure: BackpressureController
    package internal(set) var locks = LockTable()
    package internal(set) var resources: ResourceBudget
    package internal(set) var throttle: Throttle
    package internal(set) var circuitBreaker: CircuitBreaker
    /// What the two have decided since somebody last asked.
    var changes: [PolicyChange] = []
    /// Running steps by strategy.
    var runningOf: [Int: Int] = [:]
    /// How often others have passed a step that waits for memory or processors, by its token.
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
    var ended: [Int: UInt64] = [:]
    /// Steps begun and ended; stands still while nothing moves.
    package internal(set) var progress = 0
    package private(set) var isStopping = false
    /// Whether the consumer waits for running steps to end (a revocation, a drain): then each end wakes it.
    package var isDrainAwaited = false
    /// Requests taken and not done, the queued and the running among them.
    package internal(set) var inFlight = 0

    package init(
        slotCount: Int, backpressure settings: BackpressureController.Settings, resources: ResourceBudget = .unbounded,
        throttle: Throttle.Settings = Throttle.Settings(),
        circuitBreaker: CircuitBreaker.Settings = CircuitBreaker.Settings()
    ) {
        self.resources = resources
        self.throttle = Throttle(throttle, slotCount: slotCount)
        self.circuitBreaker = CircuitBreaker(circuitBreaker)
        slots = Array(repeating: .starting, count: slotCount)
        queue = StrategyQueue(bound: settings.queueDepth)
        backpressure = BackpressureController(settings)
    }

    package var depth: Int { queue.depth }

    package var runningCount: Int {
        slots.count { if case .running = $0 { true } else { false } }
    }

    /// How many requests may be taken from Kafka now.
    package var capacity: Int {
        guard backpressure.isFlowing, !isStopping else { return 0 }
        let room = max(0, min(queue.capacity - displaced.count, backpressure.settings.maxInFlight - inFlight))
        // Where too many wait already, what comes is looked at one by one: each may be one more.
        return min(room, max(1, waitingBound - waitingCount))
    }

    // MARK: The consumer's side

    /// Queues a step. At most `capacity` may be admitted.
    ///
    /// - Returns: an idle slot to wake for it, if there is one.
    package mutating func admit(_ step: Step) -> [Int] {
        queue.append(step)
        inFlight += 1
        return idleSlots(atMost: 1)
    }

    /// Counts a request that needs no slot (it was refused) until its result is acknowledged.
    package mutating func noteRefused() { inFlight += 1 }

    /// Notes that a request is no longer in flight.
    package mutating func noteDone() {
        inFlight -= 1
        precondition(inFlight >= 0, "more requests done than taken")
    }

    /// Takes the queued steps of partitions that are given up; they are no longer in flight.
    package mutating func dropQueued(partitions: Set<Int32>) -> [Step] {
        let isGone = { (step: Step) in partitions.contains(step.coordinates.partition) }
        let dropped = displaced.filter(isGone) + queue.drop(partitions: partitions)
        displaced.removeAll(where: isGone)
        for step in dropped { passes[step.token] = nil }
        inFlight -= dropped.count
        return dropped
    }

    /// Call it before `capacity` is asked for.
    /// - Parameter isOutputFull: results wait for room in the producer's queue.
    package mutating func updateBackpressure(
        isOutputFull: Bool = false, at now: MonotonicTime
    ) -> BackpressureController.Action {
        // Nobody counts on a place at this moment.
        while queue.capacity > 0, let step = displaced.popLast() { queue.putBack(step) }
        return backpressure.update(depth: queue.depth, inFlight: inFlight, isOutputFull: isOutputFull, at: now)
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
            guard case .running(let step, _) = slots[slot], partitions.contains(step.coordinates.partition) else {
                return false
            }
            ended[slot] = step.token
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
        inFlight -= dropped.count
        return dropped
    }

    // MARK: A slot's side

    /// What the slot, its host ready, is to do next.
    package mutating func next(for slot: Int, at now: MonotonicTime) -> Assignment {
        if isStopping {
            slots[slot] = .stopped
            return .stop
        }
        let before = queue.depth
        if let (step, retryMs) = takeSuspended(at: now) {
            slots[slot] = .running(step, since: now)
            return .refuse(step, retryMs: retryMs, wakesConsumer: wakesConsumer(before: before))
        }
        guard let step = takeRunnable() else {
            slots[slot] = .idle
            return .wait
        }
        slots[slot] = .running(step, since: now)
        progress += 1
        return .run(step, wakesConsumer: wakesConsumer(before: before))
    }

    /// The slot's step has ended.
    ///
    /// - Parameter conduct: what its end says of its strategy.
    /// - Returns: the slots to wake: those whose steps get the locks that came free, and idle ones for waiting steps.
    package mutating func finish(slot: Int, _ conduct: Conduct = .unknown, at now: MonotonicTime) -> [Int] {
        guard case .running(let step, _) = slots[slot] else { return [] }
        slots[slot] = .starting
        progress += 1
        judge(step, conduct, at: now)
        return free(step)
    }

    /// The slot's host is lost or its start failed.
    ///
    /// - Returns: an idle slot to wake instead, should steps wait.
    package mutating func noteStarting(slot: Int) -> [Int] {
        slots[slot] = .starting
        ended[slot] = nil
        return idleSlots(atMost: 1)
    }

    /// The slot ends for good.
    package mutating func noteStopped(slot: Int) { slots[slot] = .stopped }

    package var allStopped: Bool {
        slots.allSatisfy { if case .stopped = $0 { true } else { false } }
    }

    /// Whether the queue has come down to where the consumer takes again.
    private mutating func wakesConsumer(before: Int) -> Bool {
        if holdsPartitions, waitingCount < waitingBound {
            holdsPartitions = false
            return true
        }
        let resumeDepth = backpressure.settings.resumeDepth
        return !backpressure.isFlowing && before > resumeDepth && queue.depth <= resumeDepth
    }

    private mutating func idleSlot() -> Int? {
        let index = slots.firstIndex { if case .idle = $0 { true } else { false } }
        // It is woken once: until it has asked for its next step it counts as starting.
        if let index { slots[index] = .starting }
        return index
    }

    /// Idle slots to wake for steps that wait, if some do.
    mutating func idleSlots(atMost count: Int) -> [Int] {
        guard depth + displaced.count > 0 else { return [] }
        return (0..<min(count, slots.count)).compactMap { _ in idleSlot() }
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

    package func place(of token: UInt64) -> Place {
        for (slot, state) in slots.enumerated() {
            if case .running(let step, _) = state, step.token == token { return .running(slot: slot) }
        }
        if displaced.contains(where: { $0.token == token }) { return .waiting }
        guard let step = queue.queued.first(where: { $0.token == token }) else { return .publishing }
        return obstacle(to: step) == nil ? .queued : .waiting
    }
}
