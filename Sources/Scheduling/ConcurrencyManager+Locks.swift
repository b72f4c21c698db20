/// Locks that steps take while they run, and the end of deadlocks.
extension ConcurrencyManager {
    /// How a running step's demand for locks stands.
    package enum LockAnswer: Equatable, Sendable {
        case granted
        /// The slot is woken when that changes.
        case waits
        /// The step is to be ended: a deadlock is broken by it.
        case isVictim
        /// It asked for more than one step may hold.
        case tooMany
    }

    /// What follows from a demand.
    package struct LockDecision: Sendable {
        package var answer: LockAnswer
        /// The deadlocks the demand closed; none is left once their victims are ended.
        package var deadlocks: [Deadlock] = []
        /// Slots to wake.
        package var woken: [Int] = []
    }

    /// What became of a step that was ended to break a deadlock.
    package enum Requeueing: Sendable {
        /// It waits again, with one more attempt. Slots to wake.
        case queued(woken: [Int])
        /// The node stops, or has given the partition up: its request is given back, not done.
        case givenBack(Step, woken: [Int])
    }

    /// The slot's step asks for locks while it runs.
    package mutating func demand(_ names: [String], slot: Int) -> LockDecision {
        guard let step = runningStep(slot) else { return LockDecision(answer: .isVictim) }
        noteTakesLocks(step)
        let answer = locks.demand(names, for: step.token)
        if answer == .tooMany { return LockDecision(answer: .tooMany) }
        notePasses(taking: names)
        if answer == .granted { return LockDecision(answer: .granted) }
        var decision = LockDecision(answer: .waits)
        // One demand can close several cycles; each is broken by a victim of its own, unless one is in all of them.
        while let cycle = DeadlockDetector.cycle(through: step.token, blockers: { locks.blockers(of: $0) }) {
            guard let deadlock = deadlock(cycle) else { break }
            decision.deadlocks.append(deadlock)
            victims.insert(deadlock.victim.step.token)
            decision.woken += slotsRunning(locks.withdraw(deadlock.victim.step.token)) + [deadlock.victim.slot]
        }
        decision.answer = lockAnswer(slot: slot)
        decision.woken.removeAll { $0 == slot }
        return decision
    }

    /// How the demand of the slot's step stands now.
    package func lockAnswer(slot: Int) -> LockAnswer {
        guard let step = runningStep(slot), !victims.contains(step.token) else { return .isVictim }
        return locks.isWaiting(step.token) ? .waits : .granted
    }

    /// Whether the slot's step is to be ended to break a deadlock.
    package func isVictim(slot: Int) -> Bool { runningStep(slot).map { victims.contains($0.token) } ?? false }

    package func holdsLocks(slot: Int) -> Bool { runningStep(slot).map { locks.holdsAny($0.token) } ?? false }

    /// The slot's step gives locks back.
    ///
    /// - Returns: slots to wake.
    package mutating func release(_ names: [String], slot: Int) -> [Int] {
        guard let step = runningStep(slot) else { return [] }
        return slotsRunning(locks.release(names, of: step.token)) + idleSlotToWake()
    }

    /// The host of the slot's step has been ended by the node, or was gone before it had the step: its locks come free,
    /// it waits again.
    package mutating func requeue(slot: Int, isAttempt: Bool = true, at now: MonotonicTime) -> Requeueing {
        guard let step = runningStep(slot) else { return .queued(woken: []) }
        slots[slot] = .starting
        progress += 1
        judge(step, .unknown, at: now)
        var woken = free(step)
        let again = isAttempt ? step.again() : step
        let isOver = isStopping || ended[slot]?.contains(step.token) == true
        // Never straight into the queue: its places may be promised to what the consumer is taking at this moment.
        if !isOver { displaced.append(again) }
        takeBackAhead(slot: slot)
        ended[slot] = nil
        guard !isOver else { return .givenBack(again, woken: woken) }
        woken += idleSlotToWake()
        return .queued(woken: woken)
    }

    /// The step is over: what it held comes free.
    ///
    /// - Returns: slots to wake. A slot that idles while steps are queued does so because none of them could begin;
    ///   now several may, each woken by the one before it.
    mutating func free(_ step: Step) -> [Int] { release(step) + idleSlotToWake() }

    /// What the step held comes free; the slots whose steps get its locks.
    mutating func release(_ step: Step) -> [Int] {
        victims.remove(step.token)
        if resources.takeBack(from: step.token) { runningOf[step.strategyIndex, default: 1] -= 1 }
        return slotsRunning(locks.releaseAll(of: step.token))
    }

    private func runningStep(_ slot: Int) -> Step? {
        if case .running(let step, _) = slots[slot] { step } else { nil }
    }

    private func slotsRunning(_ tokens: [UInt64]) -> [Int] {
        guard !tokens.isEmpty else { return [] }
        return slots.indices.filter { slot in runningStep(slot).map { tokens.contains($0.token) } ?? false }
    }

    private func deadlock(_ cycle: [UInt64]) -> Deadlock? {
        let members = cycle.compactMap { token -> Deadlock.Member? in
            guard let slot = slots.indices.first(where: { runningStep($0)?.token == token }),
                let step = runningStep(slot)
            else { return nil }
            return Deadlock.Member(step: step, slot: slot, waitsFor: locks.wanted(by: token))
        }
        guard let victim = members.max(by: { $0.step.token < $1.step.token }) else { return nil }
        return Deadlock(cycle: members, victim: victim)
    }
}
