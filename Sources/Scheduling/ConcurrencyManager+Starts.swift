/// Hosts of external strategies that slots start, or cannot start.
extension ConcurrencyManager {
    /// What the slot's step may do to get a host.
    package func startRole(slot: Int) -> StartGate.Role {
        guard !starts.isIdle, case .running(let step, _) = slots[slot] else { return .free }
        return starts.role(step.strategyIndex, token: step.token)
    }

    /// A host for the slot's step has been started and is ready.
    ///
    /// - Returns: an idle slot to wake for those that have waited.
    package mutating func noteStarted(slot: Int) -> [Int] {
        guard !starts.isIdle, case .running(let step, _) = slots[slot] else { return [] }
        if starts.ready(step.strategyIndex) { changes.append(.started(step.strategyIndex)) }
        return idleSlotToWake()
    }

    /// No host could be started for the slot's step.
    package mutating func noteStartFailed(slot: Int, _ reason: String, at now: MonotonicTime) {
        guard case .running(let step, _) = slots[slot] else { return }
        let failing = starts.failed(step.strategyIndex, token: step.token, reason, at: now)
        if let failing { changes.append(.failing(failing)) }
    }

    /// No host waits for the slot's step, which may not start one.
    package mutating func noteNoneIdle(slot: Int) {
        if case .running(let step, _) = slots[slot] { starts.noneIdle(step.strategyIndex) }
    }
}
