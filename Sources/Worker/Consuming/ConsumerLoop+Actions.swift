import Kafka
import Messages
import Scheduling

/// Events become inputs, actions are done.
extension ConsumerLoop {
    func handle(_ event: ConsumerEvent, _ now: MonotonicTime) {
        switch event {
        case .assign(let partitions): hear(.assigned(partitions, isCooperative: consumer.isCooperativeNow), now)
        case .revoke(let partitions, let lost): hear(.revoked(partitions, isLost: lost), now)
        case .rebalanceFailed(let failure):
            handle(failure, "rebalance")
            hear(.revoked(Array(core.owned), isLost: true), now)
        case .committed(let results, let number): committed(results, of: number, now)
        case .committedBefore(let offsets, let failure, let number): committedBefore(offsets, failure, of: number, now)
        case .offsetOutOfRange(let partition, let expected, let message):
            offsetReset(partition, expected: expected, message, now)
        case .failure(let failure): handle(failure, "consumer")
        case .log(let level, let facility, let message): failures.librdkafka(level, facility, message)
        case .statistics(let text): statistics.post(text, of: .consumer)
        }
    }

    func perform(_ actions: [NodeAction], _ now: MonotonicTime) {
        for action in actions {
            switch action {
            case .assign(let partitions): consumer.assign(partitions.map { PartitionStart(partition: $0) })
            case .unassign(let partitions): consumer.unassign(partitions)
            case .pause(let partitions): pause(partitions)
            case .resume(let partitions): consumer.resume(partitions)
            case .seek(let partition, let offset): consumer.seek(partition, to: offset)
            case .askCommitted(let partitions, let number):
                consumer.askCommitted(partitions, number: number, onlyStable: core.isTransactional)
            case .commit(let parts, let number): consumer.commit(parts.map(CommitEntry.init), number: number)
            case .leave: consumer.startClose()
            case .transaction(let call, let number): ask(call, number: number)
            case .settled: settled(now)
            case .dropMessages(let tokens): drop(tokens)
            case .wake(let slots): state.wake(slots: slots)
            case .wakeAllSlots: state.wakeAllSlots()
            case .endHosts(let slots): state.killHosts(of: slots)
            case .abandonRunning: state.abandonRunning()
            case .tell(let notice): tell(notice, now)
            }
        }
    }

    // MARK: What there is to tell

    private func tell(_ notice: NodeNotice, _ now: MonotonicTime) {
        switch notice {
        case .assigned(let partitions):
            health.noteJoined(partitions: core.owned)
            noteAssigned()
            metrics.rebalanced("assigned")
            announce("assigned", partitions)
        case .revoked(let partitions, let isLost):
            metrics.rebalanced(isLost ? "lost" : "revoked")
            announce(isLost ? "lost" : "revoked", partitions)
        case .gaveUp(let partitions, let isLost): gaveUp(partitions, isLost: isLost, now)
        case .paused(let partitions, let depth):
            log.debug(
                "partitions paused", JSONMember("partitions", .integer(partitions.count)),
                JSONMember("queue_depth", .integer(depth)))
            events.publish(
                .paused,
                [JSONMember("partitions", .integers(partitions)), JSONMember("queue_depth", .integer(depth))])
        case .resumed(let partitions):
            metrics.resumed(partitions: core.paused.intersection(core.owned).count)
            log.debug("partitions resumed", JSONMember("partitions", .integer(partitions.count)))
            events.publish(.resumed, [JSONMember("partitions", .integers(partitions))])
        case .draining(let running, let abandoned): draining(running: running, abandoned: abandoned)
        case .drainOver(let requests):
            log.warning(
                "the drain's time is over: what still runs is given up, its requests will be run again",
                JSONMember("requests", .integer(requests)))
        case .transactionEnded(let end, let requests): transactionEnded(end, requests: requests)
        case .transactionFenced: transactionFenced()
        case .metadataIgnored, .metadataUnknown, .metadataFull, .metadataFits, .logChanged: tellOfMetadata(notice)
        }
    }

    private func tellOfMetadata(_ notice: NodeNotice) {
        switch notice {
        case .metadataIgnored(let partition, let problem):
            log.warning(
                "the metadata of a partition's commit are ignored: what was done above the offset may run again",
                JSONMember("partition", .integer(Int(partition))), JSONMember("reason", .string("\(problem)")))
        case .metadataUnknown(let partitions):
            log.warning(
                "nobody says what is done above the committed offsets; some requests may run again",
                JSONMember("partitions", .integers(partitions)))
        case .metadataFull(let partition): metadataFull(partition, isHeld: true)
        case .metadataFits(let partition): metadataFull(partition, isHeld: false)
        case .logChanged(let partition, let offset):
            noteLogChanged(partition, "it ends before what was done of it; it is read again from offset \(offset)")
        default: break
        }
    }

    private func metadataFull(_ partition: Int32, isHeld: Bool) {
        metrics.metadataFull(partitions: core.metadataFullCount)
        if isHeld {
            metrics.noteMetadataFull()
            log.warning(
                "nothing more is taken of a partition until more of it is done: what is done would not fit into the"
                    + " metadata of its commit",
                JSONMember("partition", .integer(Int(partition))))
        } else {
            log.info(
                "what is done of a partition fits into its commit again: it is taken from",
                JSONMember("partition", .integer(Int(partition))))
        }
        events.publish(.metadataFull, place(partition) + [JSONMember("held", .bool(isHeld))])
    }

    private func gaveUp(_ partitions: [Int32], isLost: Bool, _ now: MonotonicTime) {
        for partition in partitions {
            lastTaken[partition] = nil
            resets[partition] = nil
        }
        reportPartitions(now)
        // An eager revocation takes everything, and the membership with it until the next assignment.
        if isLost || !consumer.isCooperative {
            health.noteLeft()
        } else {
            health.noteJoined(partitions: core.owned)
        }
        // Only now: the monitor, which may be about to write the series, looks once more at what the node has.
        for partition in partitions { metrics.forget(partition: partition) }
        noteAssigned()
    }

    private func noteAssigned() {
        metrics.assigned(core.owned.count, paused: core.paused.intersection(core.owned).count)
        metrics.metadataFull(partitions: core.metadataFullCount)
    }

    private func draining(running: Int, abandoned: Int) {
        health.noteDraining()
        metrics.draining()
        log.info(
            "draining", JSONMember("running", .integer(running)), JSONMember("given_back", .integer(abandoned)),
            JSONMember("drain_ms", .integer(settings.drainMs)))
        events.publish(.draining, [JSONMember("running", .integer(running))])
    }

    private func announce(_ kind: String, _ partitions: [Int32]) {
        log.info(
            "partitions \(kind)", JSONMember("partitions", .integers(partitions.sorted())),
            JSONMember("assigned", .integer(core.owned.count)))
        events.publish(
            .rebalanced,
            [
                JSONMember("kind", .string(kind)), JSONMember("partitions", .integers(partitions.sorted())),
                JSONMember("assigned", .integers(core.owned.sorted())),
            ])
    }
}

extension CommitEntry {
    init(_ commit: PartitionCommit) {
        self.init(partition: commit.partition, nextOffset: commit.position.value, metadata: commit.metadata)
    }
}
