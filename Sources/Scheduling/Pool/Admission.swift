import Messages

/// What may begin, and what it takes while it runs: locks, memory and processors, its strategy's share of the slots,
/// a host that can be started, a strategy that is not suspended.
package struct Admission: Sendable {
    /// Why a step is over without being run.
    package enum Refusal: Sendable, Equatable {
        /// Its strategy is suspended; the next probe is due so much later.
        case suspended(retryMs: Int)
        /// Its `expires_at` has passed while it waited; where it was for a host, what the last start failed with.
        case expired(startFailure: String?)
        /// It waited for a host, and its strategy has been switched off.
        case disabled
        case cancelled
    }

    /// How often a step that waits for memory, processors or locks is passed by others that take what it waits for.
    /// After that, what comes free is kept for it.
    package static let maximumPasses = 64

    package private(set) var locks = LockTable()
    package private(set) var resources: ResourceBudget
    package private(set) var throttle: Throttle
    package private(set) var circuitBreaker: CircuitBreaker
    package private(set) var starts: StartGate
    /// Strategies that are switched off.
    var disabled: Set<Int> = []
    /// Strategies whose steps have asked for locks while they ran.
    private var lockAskers: Set<Int> = []
    /// Steps whose time has passed while they wait, by their tokens.
    private var expired: Set<UInt64> = []
    /// What is not wanted any more, and which queued steps that is, by their tokens.
    var cancels = CancelledRequests()
    private var cancelled: Set<UInt64> = []
    /// What has been decided about strategies since somebody last asked.
    private var changes: [PolicyChange] = []
    /// Running steps by strategy.
    private var runningOf = StrategyTable<Int>()
    /// How often others have passed a step that waits for memory, processors or locks, by its token.
    private var passes: [UInt64: Int] = [:]

    init(
        resources: ResourceBudget, throttle: Throttle, circuitBreaker: CircuitBreaker, starts: StartGate
    ) {
        self.resources = resources
        self.throttle = throttle
        self.circuitBreaker = circuitBreaker
        self.starts = starts
    }

    // MARK: What stands in a step's way

    /// What a queued step waits for, other than a slot.
    func obstacle(to step: Step) -> WaitReason? {
        // First: a step for which there is no host wants nothing else, and nothing is kept for it.
        if !starts.isIdle, !starts.mayBegin(step.strategyIndex) { return .start }
        if !step.request.locks.isEmpty, !locks.areFree(step.request.locks) { return .lock }
        if let reason = resources.obstacle(to: step.limits) { return reason }
        // The common case first: this is asked of every queued step, often.
        guard !throttle.isIdle else { return nil }
        let strategy = step.strategyIndex
        return (runningOf[strategy] ?? 0) >= throttle.slots(for: strategy) ? .throttle : nil
    }

    /// The same, asked of one step after the other in the order of the queue.
    ///
    /// A step that was passed too often has its locks kept for it: nothing behind it begins that declares one of them,
    /// nor what may ask for one while it runs. What runs already is never kept from a lock: it ends, so those locks all
    /// come free one day, and nobody waits for a slot while holding what another needs.
    ///
    /// - Parameter kept: the locks that are kept for those before it; empty for the first.
    func obstacle(to step: Step, keeping kept: inout Set<String>) -> WaitReason? {
        if !kept.isEmpty, asksForLocks(step.strategyIndex) || step.request.locks.contains(where: kept.contains) {
            return .lock
        }
        let reason = obstacle(to: step)
        if reason == .lock, !passes.isEmpty, passes[step.token, default: 0] >= Self.maximumPasses {
            kept.formUnion(step.request.locks)
        }
        return reason
    }

    /// Whether nothing stands in the way of any step that asks for no more than this.
    func isOpen(upTo limits: ResourceLimits) -> Bool {
        starts.isIdle && locks.isIdle && throttle.isIdle && resources.obstacle(to: limits) == nil
    }

    func asksForLocks(_ strategy: Int) -> Bool { !lockAskers.isEmpty && lockAskers.contains(strategy) }

    /// Whether nothing is known against the strategy: it has all slots, and its last steps have ended well.
    func isTrusted(_ strategy: Int) -> Bool {
        throttle.isReliable(strategy) && circuitBreaker.hasNothing(against: strategy)
    }

    /// The first place from which a step may begin, and the larger ones it passes.
    func firstRunnable(in queue: WorkQueue) -> (place: Int, passed: [UInt64])? {
        var passed: [UInt64] = []
        var kept: Set<String> = []
        for place in 0..<queue.count {
            if queue.isBlocked(at: place) { continue }
            let step = queue[place]
            switch obstacle(to: step, keeping: &kept) {
            case nil: return (place, passed)
            case .lock, .throttle, .start, .key, .partition: continue
            case .memory, .cpu:
                // Where nothing runs nothing will come free, so that keeping it would keep everybody for ever.
                if passes[step.token, default: 0] >= Self.maximumPasses, !resources.isIdle { return nil }
                passed.append(step.token)
            }
        }
        return nil
    }

    // MARK: Steps that begin and end

    /// Takes the oldest step that may begin, and gives it what it needs.
    mutating func takeRunnable(from queue: inout WorkQueue) -> Step? {
        guard let (place, passed) = firstRunnable(in: queue) else { return nil }
        let step = queue.take(at: place)
        forgetWaiting(step)
        for token in passed { passes[token, default: 0] += 1 }
        notePasses(taking: step.request.locks, in: queue, before: place)
        grant(step)
        circuitBreaker.begin(step.strategyIndex, token: step.token)
        if !starts.isIdle { starts.begin(step.strategyIndex, token: step.token) }
        return step
    }

    /// Takes the oldest step that is over without being run.
    mutating func takeRefused(from queue: inout WorkQueue, at now: MonotonicTime) -> (Step, Refusal)? {
        let mayBe = !circuitBreaker.isIdle || !expired.isEmpty || !cancelled.isEmpty
        guard mayBe || !starts.isIdle && !disabled.isEmpty else { return nil }
        for place in 0..<queue.count {
            let step = queue[place]
            guard !queue.isBlocked(at: place), let refusal = refusal(of: step, at: now) else { continue }
            _ = queue.take(at: place)
            forgetWaiting(step)
            return (step, refusal)
        }
        return nil
    }

    private func refusal(of step: Step, at now: MonotonicTime) -> Refusal? {
        let strategy = step.strategyIndex
        if cancelled.contains(step.token) { return .cancelled }
        if case .suspended(let retryMs) = circuitBreaker.verdict(strategy, at: now) {
            return .suspended(retryMs: retryMs)
        }
        if expired.contains(step.token) { return .expired(startFailure: starts.reason(strategy)) }
        return disabled.contains(strategy) && !starts.mayBegin(strategy) ? .disabled : nil
    }

    /// Whether a queued step may be over without being run.
    var mayRefuse: Bool { !expired.isEmpty || !cancelled.isEmpty || !starts.isIdle && !disabled.isEmpty }

    /// Gives a step what it holds while it runs.
    mutating func grant(_ step: Step) {
        _ = locks.take(step.request.locks, for: step.token)
        resources.give(step.limits, to: step.token)
        runningOf[step.strategyIndex] = (runningOf[step.strategyIndex] ?? 0) + 1
    }

    /// What the step held comes free, if it held anything.
    ///
    /// - Returns: the running steps that get its locks.
    mutating func free(_ step: Step) -> [UInt64] {
        if resources.takeBack(from: step.token) {
            runningOf[step.strategyIndex] = (runningOf[step.strategyIndex] ?? 1) - 1
        }
        return locks.releaseAll(of: step.token)
    }

    /// What the throttle, the circuit breaker and the start gate make of a step's end.
    mutating func judge(_ step: Step, _ conduct: Conduct, at now: MonotonicTime) {
        if let change = throttle.note(conduct, of: step.strategyIndex, at: now) { changes.append(.share(change)) }
        if let change = circuitBreaker.note(conduct, of: step.strategyIndex, token: step.token, at: now) {
            changes.append(.circuit(change))
        }
        starts.end(step.strategyIndex, token: step.token, conduct)
    }

    /// The step is no longer queued.
    mutating func forgetWaiting(_ step: Step) {
        if !passes.isEmpty { passes[step.token] = nil }
        if !expired.isEmpty { expired.remove(step.token) }
        if !cancelled.isEmpty { cancelled.remove(step.token) }
    }

    /// The queued step is not wanted any more, if it is not.
    mutating func noteCancelled(_ step: Step) {
        if cancels.cover(step), !PlantedBug.runsWhatIsCancelled.isPlanted { cancelled.insert(step.token) }
    }

    func isCancelled(_ step: Step) -> Bool { !cancelled.isEmpty && cancelled.contains(step.token) }

    mutating func forgetAllWaiting() {
        passes = [:]
        expired = []
        cancelled = []
    }

    /// A step gets locks: counts it for the queued steps that wait for one of them.
    ///
    /// - Parameter place: the place in the queue that it had; nil: it runs already.
    private mutating func notePasses(taking names: [String], in queue: WorkQueue, before place: Int? = nil) {
        guard !names.isEmpty else { return }
        for place in 0..<(place ?? queue.count) {
            let step = queue[place]
            if step.request.locks.contains(where: names.contains) { passes[step.token, default: 0] += 1 }
        }
    }

    // MARK: Locks that running steps ask for

    mutating func noteAsksForLocks(_ step: Step) { lockAskers.insert(step.strategyIndex) }

    /// The running step asks for locks: those that it gets are counted for the queued steps that wait for one of them.
    mutating func demand(_ names: [String], by step: Step, in queue: WorkQueue) -> LockTable.Answer {
        let answer = locks.demand(names, for: step.token)
        if answer != .tooMany { notePasses(taking: names, in: queue) }
        return answer
    }

    /// The running steps that wait for each other, the first of them this one; nil where none do.
    func cycle(through step: Step) -> [UInt64]? {
        DeadlockDetector.cycle(through: step.token) { locks.blockers(of: $0) }
    }

    /// - Returns: the steps whose waiting that ends.
    mutating func withdraw(_ step: Step) -> [UInt64] { locks.withdraw(step.token) }

    /// - Returns: the steps whose waiting that ends.
    mutating func release(_ names: [String], of step: Step) -> [UInt64] { locks.release(names, of: step.token) }

    /// - Returns: the steps whose waiting that ends.
    mutating func releaseDemanded(of step: Step) -> [UInt64] {
        locks.release(allBut: step.request.locks, of: step.token)
    }

    // MARK: What is known of strategies and of the machine

    /// Looks which starts are due to be tried again.
    mutating func look(at now: MonotonicTime) { starts.look(at: now) }

    /// Takes in what the monitor sees: the memory that others hold, and the time.
    mutating func observe(othersMB: Int, at now: MonotonicTime, _ time: Timestamp, _ queue: WorkQueue) {
        resources.othersMB = othersMB
        changes += throttle.recover(at: now).map { .share($0) }
        starts.look(at: now)
        // Who does not wait begins soon, and is looked at then.
        for place in 0..<queue.count {
            let step = queue[place]
            if let until = step.request.expiresAt, until < time,
                queue.isBlocked(at: place) || obstacle(to: step) != nil
            {
                expired.insert(step.token)
            }
        }
    }

    mutating func noteDisturbance(by strategy: Int, at now: MonotonicTime) {
        if let change = throttle.noteDisturbance(by: strategy, at: now) { changes.append(.share(change)) }
    }

    /// How the search for a host of the running step has gone.
    ///
    /// - Returns: whether steps that waited for one may begin now.
    mutating func note(_ search: StartGate.Search, for step: Step, at now: MonotonicTime) -> Bool {
        let strategy = step.strategyIndex
        switch search {
        case .started:
            guard !starts.isIdle else { return false }
            if starts.ready(strategy) { changes.append(.started(strategy)) }
            return true
        case .failed(let reason):
            let failing = starts.failed(strategy, token: step.token, reason, at: now)
            if let failing { changes.append(.failing(failing)) }
        case .noneIdle: starts.noneIdle(strategy)
        }
        return false
    }

    mutating func takeChanges() -> [PolicyChange] {
        defer { changes = [] }
        return changes
    }
}
