import Scheduling

/// Whether a node takes part: one answer, worked out when somebody asks, for `/readyz`, `/status`, the gauge and the
/// metrics event.
struct Readiness: Sendable {
    let health: NodeHealth
    let brokers: BrokerBoard
    let board: PartitionBoard
    /// So long no broker may answer.
    let brokersAwayMs: Int
    /// So long a result may wait for its acknowledgement.
    let unacknowledgedMs: Int

    /// Why not; nil when it does. Paused, or without partitions, is part enough.
    func unreadyReason(at now: MonotonicTime) -> String? {
        // That a node goes says more than what it could not do meanwhile.
        if health.isFenced || health.isDraining { return health.unreadyReason }
        return outage(at: now) ?? health.unreadyReason ?? undelivered(at: now)
    }

    private func outage(at now: MonotonicTime) -> String? {
        guard let silentMs = brokers.silentMs(at: now), silentMs >= Double(brokersAwayMs) else { return nil }
        return "no broker has answered for \(Int(silentMs / 1000)) s: \(brokers.described)"
    }

    private func undelivered(at now: MonotonicTime) -> String? {
        let ageMs = board.oldestUnacknowledgedMs(at: now)
        guard ageMs >= Double(unacknowledgedMs) else { return nil }
        let reason = board.unacknowledgedReason.map { ": \($0)" } ?? ""
        return "a result has not been acknowledged for \(Int(ageMs / 1000)) s\(reason)"
    }
}
