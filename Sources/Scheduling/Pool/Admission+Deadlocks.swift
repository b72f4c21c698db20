/// Running steps that ask for locks, and the end of deadlocks.
extension Admission {
    /// The slot's step asks for locks while it runs.
    mutating func demand(
        _ names: [String], slot: Int, of slots: inout SlotTable, _ queue: WorkQueue
    ) -> Dispatcher.LockDecision {
        guard let step = slots.step(of: slot) else { return Dispatcher.LockDecision(answer: .isVictim) }
        noteAsksForLocks(step)
        switch demand(names, by: step, in: queue) {
        case .tooMany: return Dispatcher.LockDecision(answer: .tooMany)
        case .granted: return Dispatcher.LockDecision(answer: .granted)
        case .waits: break
        }
        var decision = Dispatcher.LockDecision(answer: .waits)
        // One demand can close several cycles; each is broken by a victim of its own, unless one is in all of them.
        while let cycle = cycle(through: step), let deadlock = slots.deadlock(cycle, wanted: locks.wanted) {
            decision.deadlocks.append(deadlock)
            slots.markVictim(deadlock.victim.slot)
            decision.woken += slots.running(withdraw(deadlock.victim.step)) + [deadlock.victim.slot]
        }
        decision.answer = lockAnswer(slot: slot, of: slots)
        decision.woken.removeAll { $0 == slot }
        return decision
    }

    /// How the demand of the slot's step stands now.
    func lockAnswer(slot: Int, of slots: SlotTable) -> Dispatcher.LockAnswer {
        guard let flight = slots.flight(of: slot), !flight.isVictim else { return .isVictim }
        return locks.isWaiting(flight.step.token) ? .waits : .granted
    }
}
