/// What slots and observers ask, and what changes nothing.
extension Dispatcher {
    /// Where a request in flight is.
    package enum Place: Sendable {
        case queued
        /// Queued, and may not run yet.
        case waiting
        /// It has failed, and waits for the time of its next run.
        case delayed
        case running(slot: Int)
        /// It has its result, which is not acknowledged yet.
        case publishing
    }

    /// Requests taken that have not begun. One that runs again counts once it has a place in the queue again.
    package var depth: Int { queue.depth + slots.aheadCount }

    /// Whether nothing is there that has not begun.
    package var hasNothingToBegin: Bool { queue.isEmpty && slots.aheadCount == 0 }

    package var runningCount: Int { slots.runningCount }

    /// Requests in flight that have their result, which is not acknowledged yet.
    package var unacknowledgedCount: Int { max(0, inFlight.count - depth - runningCount - delayedCount) }

    /// How many wait for the time of their next run.
    package var delayedCount: Int { queue.delayed.count }

    /// Whether a queued step could begin now, had it a slot.
    package var hasRunnable: Bool { admission.firstRunnable(in: queue) != nil }

    /// Queued steps that could not begin even with a slot, by what they wait for.
    package var waiting: [WaitReason: Int] { queue.waiting(for: admission) }

    var waitingCount: Int { queue.waitingCount(for: admission) }

    /// How many of them the queue should hold: the rest is for steps that can run.
    package var waitingBound: Int { max(1, queue.bound / 2) }

    /// The tokens of the steps that are queued or run. A request in flight that is none of them has its result, which
    /// is not acknowledged yet.
    package var notEnded: Set<UInt64> {
        var tokens = Set(queue.all.map(\.token)).union(queue.delayed.steps.map(\.token))
        for slot in slots.indices {
            guard let flight = slots.flight(of: slot) else { continue }
            tokens.insert(flight.step.token)
            tokens.formUnion(flight.behind.map(\.token))
        }
        return tokens
    }

    package func place(of token: UInt64) -> Place {
        var isAhead = false
        for slot in slots.indices {
            guard let flight = slots.flight(of: slot) else { continue }
            if flight.step.token == token { return .running(slot: slot) }
            isAhead = isAhead || flight.behind.contains { $0.token == token }
        }
        if isAhead { return .queued }
        if queue.unplaced.contains(where: { $0.token == token }) { return .waiting }
        if queue.delayed.steps.contains(where: { $0.token == token }) { return .delayed }
        guard queue.placed.contains(where: { $0.token == token }) else { return .publishing }
        return queue.isWaiting(token, for: admission) ? .waiting : .queued
    }

    // MARK: What a slot asks

    /// What the slot's step may do to get a host.
    package func startRole(slot: Int) -> StartGate.Role {
        guard !admission.starts.isIdle, let step = slots.step(of: slot) else { return .free }
        return admission.starts.role(step.strategyIndex, token: step.token)
    }

    /// How the demand of the slot's step stands now.
    package func lockAnswer(slot: Int) -> LockAnswer { admission.lockAnswer(slot: slot, of: slots) }

    package func holdsLocks(slot: Int) -> Bool {
        slots.step(of: slot).map { admission.locks.holdsAny($0.token) } ?? false
    }

    /// Whether the slot has ended.
    package func isStopped(slot: Int) -> Bool {
        if case .stopped = slots[slot] { true } else { false }
    }

    /// Whether the node ends the slot's host, or has ended it, for a partition that it has given up.
    package func isHostEnded(slot: Int) -> Bool { slots[slot].isHostEnded }

    /// Why the node ends the slot's host, if it does.
    package func ending(slot: Int) -> HostEnding? {
        if let ending = slots.flight(of: slot)?.ending { return ending }
        return slots[slot].isHostEnded ? .givenUp : nil
    }
}
