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

    private let reports = Mutex<[Int32: Report]>([:])

    func post(_ new: [Report]) {
        reports.withLock { $0 = Dictionary(uniqueKeysWithValues: new.map { ($0.partition, $0) }) }
    }

    subscript(_ partition: Int32) -> Report? { reports.withLock { $0[partition] } }
    var all: [Report] { reports.withLock { $0.values.sorted { $0.partition < $1.partition } } }
}

extension ConsumerLoop {
    /// Writes down how the partitions stand; looks at everything in flight, so not at every turn.
    func reportPartitions() {
        var lowest: [Int32: InFlightRequest] = [:]
        var counts: [Int32: Int] = [:]
        for request in inFlight.values {
            let partition = request.origin.partition
            counts[partition, default: 0] += 1
            if request.origin.offset < lowest[partition]?.origin.offset ?? .max { lowest[partition] = request }
        }
        board.post(
            consumer.assigned.map { partition in
                PartitionBoard.Report(
                    partition: partition, isPaused: consumer.paused.contains(partition),
                    inFlight: counts[partition] ?? 0, blockedBy: lowest[partition], lastTaken: lastTaken[partition])
            })
    }
}
