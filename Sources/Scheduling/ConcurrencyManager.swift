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
        case wait
        case stop
    }

    package private(set) var slots: [SlotState]
    package private(set) var queue: StrategyQueue
    package private(set) var backpressure: BackpressureController
    private var locks = LockTable()
    package private(set) var isStopping = false
    /// Whether the consumer waits for running steps to end (a revocation, a drain): then each end wakes it.
    package var isDrainAwaited = false
    /// Requests taken and not done, the queued and the running among them.
    package private(set) var inFlight = 0

    package init(slotCount: Int, backpressure settings: BackpressureController.Settings) {
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
        return max(0, min(queue.capacity, backpressure.settings.maxInFlight - inFlight))
    }

    // MARK: The consumer's side

    /// Queues a step and names an idle slot to wake for it. At most `capacity` may be admitted.
    package mutating func admit(_ step: Step) -> Int? {
        queue.append(step)
        inFlight += 1
        return idleSlot()
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
        let dropped = queue.drop(partitions: partitions)
        inFlight -= dropped.count
        return dropped
    }

    package mutating func updateBackpressure(at now: MonotonicTime) -> BackpressureController.Action {
        backpressure.update(depth: queue.depth, inFlight: inFlight, at: now)
    }

    package mutating func noteDiscarded(bytes: Int, at now: MonotonicTime) {
        backpressure.discarded(bytes: bytes, at: now)
    }

    /// Whether a step of these partitions is running.
    package func isRunning(anyOf partitions: Set<Int32>) -> Bool {
        slots.contains {
            if case .running(let step, _) = $0 { partitions.contains(step.coordinates.partition) } else { false }
        }
    }

    /// No more steps are started: what is queued is given back, what runs may finish.
    package mutating func stop() -> [Step] {
        isStopping = true
        let dropped = queue.dropAll()
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
        guard let step = takeRunnable() else {
            slots[slot] = .idle
            return .wait
        }
        slots[slot] = .running(step, since: now)
        let resumeDepth = backpressure.settings.resumeDepth
        let wakes = !backpressure.isFlowing && before > resumeDepth && queue.depth <= resumeDepth
        return .run(step, wakesConsumer: wakes)
    }

    /// The slot's step has ended, whatever the end; names an idle slot to wake if locks came free for a waiting step.
    package mutating func finish(slot: Int) -> Int? {
        guard case .running(let step, _) = slots[slot] else { return nil }
        slots[slot] = .starting
        guard !step.request.locks.isEmpty else { return nil }
        locks.release(step.request.locks, of: step.token)
        return queue.depth > 0 ? idleSlot() : nil
    }

    /// The slot's host is lost or its start failed; names an idle slot to wake instead, should steps wait.
    package mutating func noteStarting(slot: Int) -> Int? {
        slots[slot] = .starting
        return queue.depth > 0 ? idleSlot() : nil
    }

    /// The slot ends for good.
    package mutating func noteStopped(slot: Int) { slots[slot] = .stopped }

    package var allStopped: Bool {
        slots.allSatisfy { if case .stopped = $0 { true } else { false } }
    }

    private mutating func takeRunnable() -> Step? {
        // The table leaves self for the moment: the closure and the queue may not both hold self.
        var table = LockTable()
        swap(&table, &locks)
        defer { swap(&table, &locks) }
        return queue.takeFirst { table.take($0.request.locks, for: $0.token) }
    }

    private mutating func idleSlot() -> Int? {
        let index = slots.firstIndex { if case .idle = $0 { true } else { false } }
        // It is woken once: until it has asked for its next step it counts as starting.
        if let index { slots[index] = .starting }
        return index
    }
}

// MARK: What an observer asks

extension ConcurrencyManager {
    /// Where a request in flight is.
    package enum Place: Sendable {
        case queued
        /// Queued, and waits for a lock.
        case waiting
        case running(slot: Int)
        /// It has its result, which is not acknowledged yet.
        case publishing
    }

    package func place(of token: UInt64) -> Place {
        for (slot, state) in slots.enumerated() {
            if case .running(let step, _) = state, step.token == token { return .running(slot: slot) }
        }
        guard let step = queue.queued.first(where: { $0.token == token }) else { return .publishing }
        return locks.areFree(step.request.locks) ? .queued : .waiting
    }

    /// Queued steps that wait for a lock.
    package var waitingForLocks: Int { queue.queued.count { !locks.areFree($0.request.locks) } }
}
