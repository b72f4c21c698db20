internal import CRdKafka

/// A member of a consumer group that reads one topic, a queue for each partition.
///
/// Nothing here calls back: the owner polls `nextEvent` and `take` until they have nothing more, then waits for its
/// descriptor to become readable. librdkafka writes the descriptor only when a queue goes from empty to non-empty
/// after it was polled, so a queue that is left with records in it has to be remembered by the owner.
///
/// Safety: one thread owns the consumer and makes every call; the handle is constant until `destroy`.
@safe
package final class KafkaConsumer: @unchecked Sendable {
    let client: OpaquePointer
    let queue: OpaquePointer
    let commitQueue: OpaquePointer
    private let wakeDescriptor: Int32
    let batch = MessageBatch(capacity: 1000)
    private(set) var partitionQueues: [Int32: OpaquePointer] = unsafe [:]
    let limits: PrefetchLimits
    var nudge: FetchNudge
    /// What pauses have kept.
    var kept = KeptRecords<KeptMessage>()
    /// By partition, of the records that were taken last.
    var recordBytes: [Int32: Int] = [:]
    var waiting = EventBacklog<ConsumerEvent>()
    /// Up to where records were handed out.
    var positions: [Int32: Int64] = [:]
    var questions = CoordinatorQuestions()
    /// It has been told that the client cannot go on.
    var isGivenUp = false
    var topic = ""
    let group: String
    /// The partitions this member reads now.
    package private(set) var assigned: Set<Int32> = []
    /// The partitions that are paused. librdkafka's own mark outlives an assignment, and so does this one.
    package internal(set) var paused: Set<Int32> = []
    /// The protocol in force, known once an assignment has come. Asked for then and kept: librdkafka has it asked of a
    /// thread of its own, and a client that closes may never answer.
    package private(set) var isCooperative = false
    private var isClosing = false
    /// A client that has failed for good does not leave its group.
    private var mayNotLeave = false
    private var isDestroyed = false

    /// - Parameter wakeDescriptor: a non-blocking eventfd of the caller's, open until `destroy` has returned.
    /// - Throws: `KafkaFailure` of kind `configuration` naming the property, or what librdkafka says.
    package init(_ properties: ClientProperties, wakeDescriptor: Int32) throws(KafkaFailure) {
        let settings = try ClientSettings(properties)
        unsafe client = try unsafe settings.makeClient(
            RD_KAFKA_CONSUMER,
            events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR
                | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS)
        // The main queue's events (errors, statistics) come through the consumer's queue too.
        unsafe rd_kafka_poll_set_consumer(client)
        unsafe queue = rd_kafka_queue_get_consumer(client)
        unsafe commitQueue = rd_kafka_queue_new(client)
        self.wakeDescriptor = wakeDescriptor
        group = properties.value(of: "group.id") ?? ""
        limits = PrefetchLimits(properties)
        nudge = FetchNudge(limit: limits.queued)
        unsafe rd_kafka_set_log_queue(client, queue)
        unsafe wake(wakeDescriptor, on: queue)
        unsafe wake(wakeDescriptor, on: commitQueue)
    }

    deinit {
        assert(isDestroyed, "a KafkaConsumer is destroyed by its owner")
    }

    /// Joins the group for one topic. The partitions come as `ConsumerEvent.assign`.
    /// - Throws: `KafkaFailure` where the name is not a topic's or the client is failing.
    package func subscribe(to topic: String) throws(KafkaFailure) {
        // A leading ^ would be a pattern that matches other topics as well.
        guard !topic.isEmpty, !topic.hasPrefix("^") else { throw .invalid("\"\(topic)\" is not a topic name") }
        self.topic = topic
        let list = PartitionList(topic: topic, CollectionOfOne(RD_KAFKA_PARTITION_UA))
        let code = unsafe rd_kafka_subscribe(client, list.list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(code) }
    }

    /// Answers `ConsumerEvent.assign`. Afterwards every partition named counts as readable once: poll it.
    package func assign(_ starts: [PartitionStart]) {
        let list = PartitionList(capacity: starts.count)
        for start in starts {
            list.add(
                topic: topic, start.partition, offset: start.offset ?? Int64(RD_KAFKA_OFFSET_STORED))
            prepareQueue(start.partition)
            positions[start.partition] = start.offset
            nudge.forget(start.partition)
        }
        isCooperative = isCooperativeNow
        if isCooperative {
            unsafe report(rd_kafka_incremental_assign(client, list.list))
        } else {
            unsafe report(rd_kafka_assign(client, list.list))
            assigned.removeAll()
        }
        forgetKept(isCooperative ? starts.map(\.partition) : kept.partitions)
        assigned.formUnion(starts.map(\.partition))
    }

    /// Answers `ConsumerEvent.revoke`: the partitions are given up. With the eager protocol that is all of them.
    package func unassign(_ partitions: [Int32]) {
        if isCooperative {
            let list = PartitionList(topic: topic, partitions)
            unsafe report(rd_kafka_incremental_unassign(client, list.list))
            assigned.subtract(partitions)
        } else {
            unsafe report(rd_kafka_assign(client, nil))
            assigned.removeAll()
        }
        forgetKept(isCooperative ? partitions : kept.partitions)
        for partition in partitions { positions[partition] = nil }
    }

    /// Commits, without waiting: the answer comes as `ConsumerEvent.committed`.
    /// - Parameter number: comes back with the answer; not 0.
    package func commit(_ entries: [CommitEntry], number: UInt64) {
        guard !entries.isEmpty else { return }
        let list = PartitionList(capacity: entries.count)
        for entry in entries {
            list.add(topic: topic, entry.partition, offset: entry.nextOffset, metadata: entry.metadata)
        }
        let code = unsafe rd_kafka_commit_queue(
            client, list.list, commitQueue, nil, UnsafeMutableRawPointer(bitPattern: UInt(number)))
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        let failure = KafkaFailure(code)
        waiting.append(
            .committed(
                entries.map { CommitResult(partition: $0.partition, nextOffset: $0.nextOffset, failure: failure) },
                of: number))
    }

    /// True once another member may have this one's partitions: what it would commit now is refused.
    package var assignmentLost: Bool { unsafe rd_kafka_assignment_lost(client) != 0 }

    /// Begins to leave. A last `revoke` comes; call `nextEvent` until `isClosed`. A static member does not leave the
    /// group: it has until its session ends to come back.
    package func startClose() {
        guard let error = unsafe rd_kafka_consumer_close_queue(client, queue) else {
            isClosing = true
            return
        }
        mayNotLeave = true
        unsafe report(error)
    }

    package var isClosed: Bool { unsafe mayNotLeave || rd_kafka_consumer_closed(client) != 0 }

    /// Ends every thread of the client. Without `startClose` before, the group notices after the session timeout.
    ///
    /// A close that was begun and is not through, because a revocation went unanswered or no broker answers, is given
    /// `closingMs` more: librdkafka waits for ever for one it is destroyed in. A client that does not close in that
    /// time, or does not end (`BoundedDestroy`), keeps its threads until the process ends, and the result is false.
    @discardableResult
    package func destroy(closingMs: Int32 = 2000, patienceMs: Int32 = BoundedDestroy.patienceMs) -> Bool {
        guard !isDestroyed else { return true }
        isDestroyed = true
        // A message that is alive would keep its partition, and the client, for ever.
        forgetKept(kept.partitions)
        let isThrough = !isClosing || finishClosing(milliseconds: closingMs)
        if !isClosing { answerAssignment() }
        let held = unsafe [queue, commitQueue] + partitionQueues.values
        for index in unsafe held.indices {
            unsafe rd_kafka_queue_io_event_enable(held[index], -1, nil, 0)
            unsafe rd_kafka_queue_destroy(held[index])
        }
        unsafe partitionQueues.removeAll()
        batch.free()
        guard isThrough else { return false }
        return unsafe BoundedDestroy.run(
            client, flags: RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE, patienceMs: patienceMs)
    }

    /// Gives the client up as it is, since a thread that does not end may still be using it. It only writes the wake
    /// descriptor no more, whose number will be another's.
    package func abandon() {
        isDestroyed = true
        let held = unsafe [queue, commitQueue] + partitionQueues.values
        for index in unsafe held.indices { unsafe rd_kafka_queue_io_event_enable(held[index], -1, nil, 0) }
    }

    /// librdkafka waits for ever for the answer to a cooperative assignment that it is destroyed in. Where none waits
    /// for one, assigning nothing more changes nothing.
    private func answerAssignment() {
        // It may be the first one, which nobody has answered.
        guard isCooperativeNow else { return }
        let nothing = PartitionList(capacity: 0)
        if let error = unsafe rd_kafka_incremental_assign(client, nothing.list) { unsafe rd_kafka_error_destroy(error) }
    }

    /// The protocol that the group works by now. Asked while an assignment is answered: a client that closes never does.
    package var isCooperativeNow: Bool {
        unsafe rd_kafka_rebalance_protocol(client).map { unsafe String(cString: $0) } == "COOPERATIVE"
    }

    private func finishClosing(milliseconds: Int32) -> Bool {
        let step: Int32 = 50
        var left = milliseconds
        if !isClosed { unassign(Array(assigned)) }
        while !isClosed, left > 0 {
            left -= step
            guard let event = unsafe rd_kafka_queue_poll(queue, step) else { continue }
            if unsafe rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE { unassign(Array(assigned)) }
            unsafe rd_kafka_event_destroy(event)
        }
        return isClosed
    }

    /// The queue is cut loose from the consumer's and made to wake before the partition is assigned, so that no
    /// record takes another way. Got anew each time: of a topic that was away for a moment librdkafka makes new
    /// partitions, with new queues.
    private func prepareQueue(_ partition: Int32) {
        let old = unsafe partitionQueues.removeValue(forKey: partition)
        if let partitionQueue = unsafe rd_kafka_queue_get_partition(client, topic, partition) {
            unsafe rd_kafka_queue_forward(partitionQueue, nil)
            unsafe wake(wakeDescriptor, on: partitionQueue)
            unsafe partitionQueues[partition] = partitionQueue
        }
        if let old = unsafe old { unsafe rd_kafka_queue_destroy(old) }
    }

    func report(_ code: rd_kafka_resp_err_t) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { waiting.append(.failure(KafkaFailure(code))) }
    }

    func report(_ error: OpaquePointer?) {
        if let error = unsafe error { unsafe waiting.append(.failure(KafkaFailure(consuming: error))) }
    }
}
