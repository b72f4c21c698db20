import Kafka
import Messages
import Scheduling

extension ConsumerLoop {
    func committed(_ results: [CommitResult], of number: UInt64, _ now: MonotonicTime) {
        let failure = results.compactMap(\.failure).last
        let stored = Set(results.filter { $0.failure == nil }.map(\.partition))
        hear(.commitAnswered(number: number, stored: stored, hasFailure: failure != nil), now)
        health.noteCommit(failure: failure?.description)
        guard let failure else { return metrics.noteCommit() }
        metrics.noteCommitFailure()
        // A rebalance that is under way refuses commits; what is not committed is run again, by us or by another.
        handle(failure, "commit")
    }

    /// What the group has committed of partitions that were assigned.
    func committedBefore(
        _ offsets: [CommittedOffset], _ failure: KafkaFailure?, of number: UInt64, _ now: MonotonicTime
    ) {
        if let failure { handle(failure, "asking what is done of new partitions") }
        let stored = Dictionary(
            offsets.map { ($0.partition, StoredCommit(position: $0.nextOffset, metadata: $0.metadata)) }
        ) { first, _ in first }
        hear(.committedBefore(failure == nil ? stored : nil, number: number), now)
    }

    /// What a failure means for the node: most are librdkafka's to repair, some end the node.
    func handle(_ failure: KafkaFailure, _ place: String, _ client: KafkaStatistics.Client = .consumer) {
        switch failure.kind {
        case .fenced, .fatal, .authorization:
            if failure.kind == .fenced {
                health.noteFenced()
                metrics.fenced()
            }
            failures.note(failure, client, place, .error, "Kafka refuses this node for good; it ends")
            endNow(NodeEnd.Reason(failure.kind), failure)
        case .handshake:
            failures.note(
                failure, client, place, .warning, "a connection to Kafka could not be secured; it is tried again")
        case .transient, .membership, .queueFull, .dropped:
            failures.note(failure, client, place, .warning, "Kafka failure, tried again")
        case .missing, .exists, .tooLarge, .configuration, .permanent:
            failures.note(failure, client, place, .error, "Kafka failure")
        }
    }
}
