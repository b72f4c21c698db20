import Messages
import Scheduling

/// Gauges that are true only at the moment they are read: worked out for each scrape, so that none of them waits for a
/// thread that may hang.
struct LiveGauges: Sendable {
    let state: NodeState
    let metrics: NodeMetrics
    let health: NodeHealth
    let readiness: Readiness
    let board: PartitionBoard
    let brokers: BrokerBoard
    let heartbeats: Heartbeats
    let lagWatch: LagWatch

    func update(at now: MonotonicTime) {
        metrics.update(from: state.snapshot, at: now)
        metrics.ready(readiness.unreadyReason(at: now) == nil)
        let reports = board.all
        let oldest = reports.compactMap { $0.blockedBy.map { now.milliseconds(since: $0.arrivedAt) } }.max() ?? 0
        metrics.oldestRequest(seconds: oldest / 1000)
        metrics.oldestUnacknowledged(seconds: board.oldestUnacknowledgedMs(at: now) / 1000)
        for age in heartbeats.ages(at: now) { metrics.heartbeat(age.member, seconds: age.ms / 1000) }
        metrics.brokers(brokers.brokers)
        showLag(reports, at: now)
    }

    private func showLag(_ reports: [PartitionBoard.Report], at now: MonotonicTime) {
        metrics.lagAge(seconds: lagWatch.ageMs(at: now) / 1000)
        metrics.unread(partitions: lagWatch.unreadPartitions)
        let mine = health.partitions
        for report in reports where mine.contains(report.partition) {
            guard let lag = lagWatch[report.partition] else { continue }
            let blocked = report.blockedBy.map { now.milliseconds(since: $0.arrivedAt) / 1000 } ?? 0
            metrics.lag(lag, seconds: report.lagSeconds(lag), blockedSeconds: blocked)
        }
        // A partition given up meanwhile must not come back as a series.
        for partition in mine.subtracting(health.partitions) { metrics.forget(partition: partition) }
    }
}

extension PartitionBoard.Report {
    /// Age of the oldest record that is not done, by its stamp. Where that record has not been fetched yet, that of the
    /// last one that was, which is the older; nil where neither is known.
    func lagSeconds(_ lag: PartitionLag) -> Double? {
        guard let oldest = blockedBy?.recordTime ?? (lag.records == 0 ? nil : lastTaken) else {
            return lag.records == 0 ? 0 : nil
        }
        return max(0, Double(Timestamp.now().milliseconds(since: oldest)) / 1000)
    }
}
