package import Messages

/// Which queued step may begin: the oldest one that has what it needs.
extension ConcurrencyManager {
    /// The node has changed its mind about a strategy.
    package enum PolicyChange: Sendable, Equatable {
        case share(Throttle.Change)
        case circuit(CircuitBreaker.Change)
        /// No host of it could be started, once more.
        case failing(StartGate.Failing)
        /// Its hosts start again.
        case started(Int)
    }

    /// How often a step that waits for memory, processors or locks is passed by others that take what it waits for.
    /// After that, what comes free is kept for it.
    package static let maximumPasses = 64

    /// What a queued step waits for, other than a slot.
    package func obstacle(to step: Step) -> WaitReason? {
        // First: a step for which there is no host wants nothing else, and nothing is kept for it.
        if !starts.isIdle, !starts.mayBegin(step.strategyIndex) { return .start }
        if !step.request.locks.isEmpty, !locks.areFree(step.request.locks) { return .lock }
        if let reason = resources.obstacle(to: step.limits) { return reason }
        // The common case first: this is asked of every queued step, often.
        guard !throttle.isIdle else { return nil }
        let strategy = step.strategyIndex
        return runningOf[strategy, default: 0] >= throttle.slots(for: strategy) ? .throttle : nil
    }

    /// The same, asked of one step after the other in the order of the queue.
    ///
    /// A step that was passed too often has its locks kept for it: nothing behind it begins that declares one of them,
    /// nor what may ask for one while it runs. What runs already is never kept from a lock: it ends, so those locks all
    /// come free one day, and nobody waits for a slot while holding what another needs.
    ///
    /// - Parameter kept: the locks that are kept for those before it; empty for the first.
    private func obstacle(to step: Step, keeping kept: inout Set<String>) -> WaitReason? {
        let locks = step.request.locks
        if !kept.isEmpty, serviceTimes.isExcluded(step.strategyIndex) || locks.contains(where: kept.contains) {
            return .lock
        }
        let reason = obstacle(to: step)
        if reason == .lock, passes[step.token, default: 0] >= Self.maximumPasses { kept.formUnion(locks) }
        return reason
    }

    // MARK: Steps that wait

    /// Queued steps that could not begin even with a slot, by what they wait for.
    package var waiting: [WaitReason: Int] {
        var kept: Set<String> = []
        return queue.queued.reduce(into: [:]) { counts, step in
            if let reason = obstacle(to: step, keeping: &kept) { counts[reason, default: 0] += 1 }
        }
    }

    /// Those of `waiting`, in their order.
    private var waitingSteps: [Step] {
        var kept: Set<String> = []
        return queue.queued.filter { obstacle(to: $0, keeping: &kept) != nil }
    }

    var waitingCount: Int {
        var kept: Set<String> = []
        return queue.queued.count { obstacle(to: $0, keeping: &kept) != nil }
    }

    func isWaiting(_ step: Step) -> Bool { waitingSteps.contains { $0.token == step.token } }

    /// How many of them the queue should hold: the rest is for steps that can run.
    package var waitingBound: Int { max(1, queue.bound / 2) }

    /// Partitions from which nothing is to be taken now: theirs are the steps that wait, and those fill their part of
    /// the queue.
    package mutating func partitionsToHold() -> Set<Int32> {
        holdsPartitions = waitingCount >= waitingBound
        guard holdsPartitions else { return [] }
        return Set(waitingSteps.map(\.coordinates.partition))
    }

    /// Whether a queued step could begin now, had it a slot.
    package var hasRunnable: Bool { firstRunnable() != nil }

    // MARK: Steps that begin

    /// Takes the oldest step that may begin, and gives it what it needs.
    mutating func takeRunnable() -> Step? {
        guard let (place, passed) = firstRunnable() else { return nil }
        let step = take(at: place)
        for token in passed { passes[token, default: 0] += 1 }
        notePasses(taking: step.request.locks, before: place)
        hold(step)
        circuitBreaker.begin(step.strategyIndex, token: step.token)
        if !starts.isIdle { starts.begin(step.strategyIndex, token: step.token) }
        return step
    }

    /// Somebody gets locks: counts it for the queued steps that wait for one of them.
    ///
    /// - Parameter place: the place in the queue that he had; nil: he runs already.
    mutating func notePasses(taking names: [String], before place: Int? = nil) {
        guard !names.isEmpty else { return }
        for place in 0..<(place ?? displaced.count + queue.depth) {
            let step = candidate(place)
            if step.request.locks.contains(where: names.contains) { passes[step.token, default: 0] += 1 }
        }
    }

    /// Gives a step what it holds while it runs.
    mutating func hold(_ step: Step) {
        _ = locks.take(step.request.locks, for: step.token)
        resources.give(step.limits, to: step.token)
        runningOf[step.strategyIndex, default: 0] += 1
    }

    /// Takes the oldest step that is over without being run.
    mutating func takeRefused(at now: MonotonicTime) -> (Step, Refusal)? {
        guard !circuitBreaker.isIdle || !expired.isEmpty || !starts.isIdle && !disabled.isEmpty else { return nil }
        for place in 0..<(displaced.count + queue.depth) {
            if let refusal = refusal(of: candidate(place), at: now) { return (take(at: place), refusal) }
        }
        return nil
    }

    private func refusal(of step: Step, at now: MonotonicTime) -> Refusal? {
        let strategy = step.strategyIndex
        if case .suspended(let retryMs) = circuitBreaker.verdict(strategy, at: now) {
            return .suspended(retryMs: retryMs)
        }
        if expired.contains(step.token) { return .expired(startFailure: starts.reason(strategy)) }
        return disabled.contains(strategy) && !starts.mayBegin(strategy) ? .disabled : nil
    }

    /// The first place from which a step may begin, and the larger ones it passes. Displaced steps come first.
    private func firstRunnable() -> (place: Int, passed: [UInt64])? {
        var passed: [UInt64] = []
        var kept: Set<String> = []
        for place in 0..<(displaced.count + queue.depth) {
            let step = candidate(place)
            switch obstacle(to: step, keeping: &kept) {
            case nil: return (place, passed)
            case .lock, .throttle, .start: continue
            case .memory, .cpu:
                // Where nothing runs nothing will come free, so that keeping it would keep everybody for ever.
                if passes[step.token, default: 0] >= Self.maximumPasses, !resources.isIdle { return nil }
                passed.append(step.token)
            }
        }
        return nil
    }

    private func candidate(_ place: Int) -> Step {
        place < displaced.count ? displaced[place] : queue.queued[queue.queued.startIndex + place - displaced.count]
    }

    private mutating func take(at place: Int) -> Step {
        let step: Step
        if place < displaced.count {
            step = displaced.remove(at: place)
        } else {
            step = queue.take(at: queue.queued.startIndex + place - displaced.count)
            if !displaced.isEmpty { queue.putBack(displaced.removeLast()) }
        }
        forgetWaiting(step)
        return step
    }

    /// The step is no longer queued.
    mutating func forgetWaiting(_ step: Step) {
        passes[step.token] = nil
        expired.remove(step.token)
    }

    // MARK: What is known of strategies and of the machine

    /// What the throttle and the circuit breaker make of a step's end.
    mutating func judge(_ step: Step, _ conduct: Conduct, at now: MonotonicTime) {
        if let change = throttle.note(conduct, of: step.strategyIndex, at: now) { changes.append(.share(change)) }
        if let change = circuitBreaker.note(conduct, of: step.strategyIndex, token: step.token, at: now) {
            changes.append(.circuit(change))
        }
        starts.end(step.strategyIndex, token: step.token, conduct)
    }

    /// A strategy makes others slow.
    package mutating func noteDisturbance(by strategy: Int, at now: MonotonicTime) {
        if let change = throttle.noteDisturbance(by: strategy, at: now) { changes.append(.share(change)) }
    }

    /// What has been decided about strategies since the last call.
    package mutating func takeChanges() -> [PolicyChange] {
        defer { changes = [] }
        return changes
    }

    /// Takes in what the monitor sees about once a second: the memory that others hold, and the time.
    ///
    /// - Returns: slots to wake, for steps that may begin now, or are over.
    package mutating func observe(
        othersMB: Int, at now: MonotonicTime, _ time: Timestamp = Timestamp(milliseconds: .min)
    ) -> [Int] {
        resources.othersMB = othersMB
        changes += throttle.recover(at: now).map { .share($0) }
        starts.look(at: now)
        noteExpired(at: time)
        let isAnyOver = !expired.isEmpty || !starts.isIdle && !disabled.isEmpty
        return isAnyOver || hasRunnable ? idleSlotToWake() : []
    }

    /// Looks which waiting steps nobody wants any more; one that does not wait begins soon, and is looked at then.
    private mutating func noteExpired(at time: Timestamp) {
        for place in 0..<(displaced.count + queue.depth) {
            let step = candidate(place)
            if let until = step.request.expiresAt, until < time, obstacle(to: step) != nil {
                expired.insert(step.token)
            }
        }
    }
}
