package import Messages

/// What steps of a slot ask for while they run, and what becomes known of strategies and of the machine.
extension Dispatcher {
    // MARK: Hosts and locks of a slot's step

    /// How the search for a host of the slot's step has gone.
    ///
    /// - Returns: an idle slot to wake, where others of its strategy need not wait any more.
    package mutating func note(_ search: StartGate.Search, slot: Int, at now: MonotonicTime) -> [Int] {
        guard let step = slots.step(of: slot), admission.note(search, for: step, at: now) else { return [] }
        return idleSlotToWake()
    }

    /// The slot's step asks for locks while it runs: from now on nothing is written behind steps of its strategy, nor they
    /// behind others.
    package mutating func demand(_ names: [String], slot: Int) -> LockDecision {
        admission.demand(names, slot: slot, of: &slots, queue)
    }

    /// The slot's step gives locks back.
    ///
    /// - Returns: slots to wake.
    package mutating func release(_ names: [String], slot: Int) -> [Int] {
        guard let step = slots.step(of: slot) else { return [] }
        return slots.running(admission.release(names, of: step)) + idleSlotToWake()
    }

    /// A host has answered one of the requests that the slot's step is made of: what it had asked for is free again.
    ///
    /// - Returns: slots to wake.
    package mutating func releaseDemanded(slot: Int) -> [Int] {
        guard holdsLocks(slot: slot), let step = slots.step(of: slot) else { return [] }
        return slots.running(admission.releaseDemanded(of: step)) + idleSlotToWake()
    }

    // MARK: What is known of strategies and of the machine

    /// Whether a step of the strategy that has failed may be tried again: counted as if it were.
    package mutating func takeRetry(of strategy: Int) -> Bool { retryBudget.take(strategy) }

    /// These strategies are switched off.
    package mutating func noteDisabled(_ strategies: Set<Int>) { admission.disabled = strategies }

    /// A strategy makes others slow.
    package mutating func noteDisturbance(by strategy: Int, at now: MonotonicTime) {
        admission.noteDisturbance(by: strategy, at: now)
    }

    /// What has been decided about strategies since the last call.
    package mutating func takeChanges() -> [PolicyChange] { admission.takeChanges() }

    /// Takes in what the monitor sees about once a second: the memory that others hold, and the time.
    /// - Returns: slots to wake, for steps that may begin now, or are over.
    package mutating func observe(
        othersMB: Int, at now: MonotonicTime, _ time: Timestamp = Timestamp(milliseconds: .min)
    ) -> [Int] {
        admission.observe(othersMB: othersMB, at: now, time, queue)
        return admission.mayRefuse || hasRunnable ? idleSlotToWake() : []
    }
}
