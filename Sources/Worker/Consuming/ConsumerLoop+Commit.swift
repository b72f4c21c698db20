import Kafka
import Messages
import Scheduling

extension ConsumerLoop {
    func commitIfDue(_ now: MonotonicTime) {
        // While partitions are given up their own commit is under way, and a drain ends with one of its own.
        guard revocation == nil, case .running = phase,
            commits.isDue(at: now, intervalMs: settings.commitIntervalMs)
        else { return }
        _ = commit(of: nil, now)
    }

    /// Sends a commit of what is done; false when there is nothing to commit.
    func commit(of partitions: Set<Int32>?, _ now: MonotonicTime) -> Bool {
        let parts = book.commits(of: partitions)
        guard !parts.isEmpty else {
            if partitions == nil { commits.noteNothing() }
            return false
        }
        let number = commits.noteSent(parts, at: now)
        // The metadata is where the map of done offsets above this one belongs.
        consumer.commit(
            parts.map { CommitEntry(partition: $0.partition, nextOffset: $0.position.value, metadata: nil) },
            number: number)
        return true
    }

    func committed(_ results: [CommitResult], of number: UInt64) {
        let failure = results.compactMap(\.failure).last
        let stored = Set(results.filter { $0.failure == nil }.map(\.partition))
        for part in commits.noteAnswered(number, again: failure != nil) where stored.contains(part.partition) {
            book.noteCommitted(part)
        }
        health.noteCommit(failure: failure?.description)
        guard let failure else { return metrics.noteCommit() }
        metrics.noteCommitFailure()
        // A rebalance that is under way refuses commits; what is not committed is run again, by us or by another.
        handle(failure, "commit")
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
