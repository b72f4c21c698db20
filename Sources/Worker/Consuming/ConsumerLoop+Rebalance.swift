import Kafka
import Messages
import Scheduling

/// Partitions on their way out: draining → committing → given up, one turn at a time.
struct Revocation {
    let partitions: Set<Int32>
    var isCommitting = false
    /// When the next stage comes, whatever has not happened by then.
    var deadline: MonotonicTime
}

extension ConsumerLoop {
    /// A commit at the end of an assignment may take so long, also on brokers that have much to do: another member waits,
    /// but would run again what is not committed.
    private static let revokeCommitMs = 5000

    func handle(_ event: ConsumerEvent, _ now: MonotonicTime) {
        switch event {
        case .assign(let partitions): assigned(partitions, now)
        case .revoke(let partitions, let lost): beginRevocation(partitions, lost: lost, now)
        case .rebalanceFailed(let failure):
            handle(failure, "rebalance")
            beginRevocation(Array(consumer.assigned), lost: true, now)
        case .committed(let results, let number): committed(results, of: number)
        case .offsetOutOfRange(let partition, let expected, let message):
            offsetReset(partition, expected: expected, message)
        case .failure(let failure): handle(failure, "consumer")
        case .log(let level, let facility, let message): failures.librdkafka(level, facility, message)
        case .statistics(let text): statistics.post(text, of: .consumer)
        }
    }

    private func assigned(_ partitions: [Int32], _ now: MonotonicTime) {
        consumer.assign(partitions.map { PartitionStart(partition: $0) })
        book.assign(partitions, at: now)
        // librdkafka's pause outlives an assignment: what comes in is made to agree with what the node does now.
        if decide({ $0.backpressure.isPaused }) {
            consumer.pause(partitions)
        } else {
            consumer.resume(Array(consumer.paused.intersection(partitions)))
        }
        health.noteJoined(partitions: consumer.assigned)
        metrics.assigned(consumer.assigned.count, paused: consumer.paused.intersection(consumer.assigned).count)
        metrics.rebalanced("assigned")
        announce("assigned", partitions)
    }

    private var isLeaving: Bool {
        if case .leaving = phase { true } else { false }
    }

    private func announce(_ kind: String, _ partitions: [Int32]) {
        log.info(
            "partitions \(kind)", JSONMember("partitions", .integers(partitions.sorted())),
            JSONMember("assigned", .integer(consumer.assigned.count)))
        events.publish(
            .rebalanced,
            [
                JSONMember("kind", .string(kind)), JSONMember("partitions", .integers(partitions.sorted())),
                JSONMember("assigned", .integers(consumer.assigned.sorted())),
            ])
    }

    private func beginRevocation(_ partitions: [Int32], lost: Bool, _ now: MonotonicTime) {
        let gone = Set(partitions)
        abandon(decide { $0.dropQueued(partitions: gone) })
        metrics.rebalanced(lost ? "lost" : "revoked")
        announce(lost ? "lost" : "revoked", partitions)
        revocation = Revocation(partitions: gone, deadline: now.adding(milliseconds: settings.revokeDrainMs))
        // Lost: somebody else has them already. Leaving: all has been waited for and committed before.
        if lost || isLeaving { return giveUp(now, isLost: lost) }
        decide { $0.isDrainAwaited = true }
    }

    /// Moves a revocation on, if there is one.
    func advanceRevocation(_ now: MonotonicTime) {
        guard var current = revocation else { return }
        if !current.isCommitting {
            let isBusy = current.partitions.contains { inFlight.count(of: $0) > 0 }
            guard !isBusy || now >= current.deadline || consumer.assignmentLost else { return }
            guard !consumer.assignmentLost, commit(of: current.partitions, now) else { return giveUp(now) }
            current.isCommitting = true
            current.deadline = now.adding(milliseconds: Self.revokeCommitMs)
            revocation = current
        } else if !commits.isPending || now >= current.deadline || consumer.assignmentLost {
            giveUp(now)
        }
    }

    private func giveUp(_ now: MonotonicTime, isLost: Bool = false) {
        guard let current = revocation else { return }
        revocation = nil
        // Whoever has the partitions next runs these steps again: here they would only publish a second result.
        // So do those that have come back into the queue meanwhile, when their hosts were lost.
        let (slots, dropped) = decide {
            ($0.giveUpRunning(partitions: current.partitions), $0.dropQueued(partitions: current.partitions))
        }
        abandon(dropped)
        state.killHosts(of: slots)
        book.release(current.partitions, at: now)
        consumer.unassign(Array(current.partitions))
        for partition in current.partitions {
            lastTaken[partition] = nil
            resets[partition] = nil
        }
        reportPartitions(now)
        // An eager revocation takes everything, and the membership with it until the next assignment.
        if isLost || !consumer.isCooperative {
            health.noteLeft()
        } else {
            health.noteJoined(partitions: consumer.assigned)
        }
        // Only now: the monitor, which may be about to write the series, looks once more at what the node has.
        for partition in current.partitions { metrics.forget(partition: partition) }
        metrics.assigned(consumer.assigned.count, paused: consumer.paused.intersection(consumer.assigned).count)
        if case .running = phase { decide { $0.isDrainAwaited = false } }
    }
}
