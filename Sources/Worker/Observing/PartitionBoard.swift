import Kafka
import Messages
import Scheduling
import Synchronization

/// What the consumer thread last said of its partitions, for those who may not touch its ledgers.
final class PartitionBoard: Sendable {
    struct Report: Sendable {
        let partition: Int32
        let isPaused: Bool
        let inFlight: Int
        /// The request that keeps the committed offset where it is.
        let blockedBy: InFlightRequest?
        /// When the last record that was taken was stamped.
        let lastTaken: Timestamp?
    }

    private struct Content {
        var reports: [Report] = []
        var unacknowledgedSince: MonotonicTime?
    }

    private let content = Mutex(Content())
    private let explanation = Mutex<String?>(nil)

    /// - Parameter unacknowledgedSince: since when the oldest result waits for its acknowledgement; nil without one.
    func post(_ reports: [Report], unacknowledgedSince: MonotonicTime?) {
        let sorted = reports.sorted { $0.partition < $1.partition }
        content.withLock { $0 = Content(reports: sorted, unacknowledgedSince: unacknowledgedSince) }
    }

    /// In order.
    var all: [Report] { content.withLock { $0.reports } }

    /// Keeps why results are not acknowledged; nil: they are, or it is not known.
    func explain(_ reason: String?) { explanation.withLock { $0 = reason } }

    /// Why results are not acknowledged, where it is known.
    var unacknowledgedReason: String? { explanation.withLock { $0 } }

    /// Age of the oldest result that is not acknowledged; 0 without one.
    func oldestUnacknowledgedMs(at now: MonotonicTime) -> Double {
        content.withLock { $0.unacknowledgedSince }.map { max(0, now.milliseconds(since: $0)) } ?? 0
    }
}

extension ConsumerLoop {
    /// Writes down how the partitions stand; looks at everything in flight, so not at every turn.
    func reportPartitions(_ now: MonotonicTime) {
        let lowest = core.inFlight.lowest
        let notEnded = decide { $0.notEnded }
        let reports = core.owned.map { partition in
            PartitionBoard.Report(
                partition: partition, isPaused: core.paused.contains(partition),
                inFlight: core.inFlight.count(of: partition), blockedBy: lowest[partition],
                lastTaken: lastTaken[partition])
        }
        board.post(reports, unacknowledgedSince: core.oldestUnacknowledged(notEnded: notEnded, at: now))
    }
}
