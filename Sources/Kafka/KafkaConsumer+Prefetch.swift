internal import CRdKafka

/// What lies of a partition on this side of the broker, and what may be under way.
package struct Prefetched: Sendable, Equatable {
    /// Records in librdkafka's queue.
    package let queued: Int
    /// Up to which offset records have come, whether they were handed out or not.
    package let cameTo: Int64
    /// As far as is known nothing more comes: the queue is full, or the log was read to its end.
    package let isComplete: Bool
    /// Hardly anything, or nothing, is kept from a pause.
    package let isNearlyUsedUp: Bool
}

/// One of librdkafka's messages, kept as it is: copying it is paid for when it is handed out, and its memory is what it
/// was in the queue.
///
/// Safety: it is destroyed once, by who takes it out of `KeptRecords`, and before the client is.
@safe
struct KeptMessage {
    let message: UnsafeMutablePointer<rd_kafka_message_t>
    var offset: Int64 { unsafe message.pointee.offset }
    var bytes: Int { unsafe message.pointee.len + message.pointee.key_len }

    func destroy() { unsafe rd_kafka_message_destroy(message) }
}

/// Taking, pausing, and what a pause keeps.
///
/// `rd_kafka_pause_partitions` throws away what lies in a partition's queue, and resuming goes on behind the last record
/// that was taken out of it. So a pause first takes out all there is, and `take` hands that out before anything else:
/// nothing is lost, nothing comes twice, and what is fetched once is used. What comes between the two calls is thrown
/// away and fetched again.
///
/// Both calls wait for librdkafka's main thread, no longer than it takes to answer, and leave a mark in the queue.
extension KafkaConsumer {
    /// Takes what is kept of a partition and what lies in its queue, at most `limit` records. Never blocks.
    ///
    /// `body` runs once for each record, in order, on the calling thread.
    package func take(from partition: Int32, limit: Int, _ body: (KafkaRecord) -> Void) -> TakeResult {
        var result = TakeResult()
        while result.records < limit, let record = kept.takeFirst(of: partition) { read(record, into: &result, body) }
        let bytesKept = result.bytes
        guard let partitionQueue = unsafe partitionQueues[partition] else {
            result.isDrained = true
            return result
        }
        while result.records < limit, !result.isDrained {
            let wanted = min(limit - result.records, batch.capacity)
            let count = unsafe batch.consume(partitionQueue, wanted) { message in
                unsafe read(KeptMessage(message: message), into: &result, body)
            }
            result.isDrained = count < wanted
        }
        if result.records > 0 { recordBytes[partition] = result.bytes / result.records }
        if nudge.isDue(partition, taken: result.bytes - bytesKept) { wakeFetchers([partition]) }
        return result
    }

    private func read(_ record: KeptMessage, into result: inout TakeResult, _ body: (KafkaRecord) -> Void) {
        defer { record.destroy() }
        let message = unsafe record.message
        let code = unsafe message.pointee.err
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            if code != RD_KAFKA_RESP_ERR__PARTITION_EOF {
                result.failure = unsafe KafkaFailure(code, reason: String(cString: rd_kafka_message_errstr(message)))
            }
            return
        }
        result.records += 1
        result.bytes += record.bytes
        unsafe positions[message.pointee.partition] = record.offset + 1
        unsafe body(KafkaRecord(copying: message))
    }

    /// Stops fetching. What was prefetched of these partitions is kept, and `take` goes on handing it out.
    /// Partitions that are paused already, or that this member does not have, are left alone.
    ///
    /// - Returns: how many records came meanwhile, as far as it is known: they are thrown away.
    @discardableResult
    package func pause(_ partitions: [Int32]) -> Int {
        let running = Set(partitions).intersection(assigned).subtracting(paused)
        guard !running.isEmpty else { return 0 }
        for partition in running { keep(partition) }
        let lost = running.reduce(0) { $0 + queued($1) }
        let list = PartitionList(topic: topic, running)
        unsafe report(rd_kafka_pause_partitions(client, list.list))
        unsafe list.each { if unsafe $0.err == RD_KAFKA_RESP_ERR_NO_ERROR { unsafe paused.insert($0.partition) } }
        return lost
    }

    /// What is not kept lies in the queue for the pause to throw away, and comes again.
    private func keep(_ partition: Int32) {
        var isDrained = false
        while !isDrained, kept.bytes(of: partition) < limits.kept {
            isDrained = keep(partition, atMost: batch.capacity) < batch.capacity
        }
    }

    /// Returns how many there were.
    private func keep(_ partition: Int32, atMost count: Int) -> Int {
        guard let partitionQueue = unsafe partitionQueues[partition] else { return 0 }
        return unsafe batch.consume(partitionQueue, count) { message in
            let record = unsafe KeptMessage(message: message)
            kept.append(record, bytes: record.bytes, to: partition)
        }
    }

    /// The partition is read from elsewhere, or no more: what was kept of it is nothing to go on with.
    func forgetKept(_ partitions: some Collection<Int32>) {
        for partition in partitions {
            for record in kept.takeAll(of: partition) { record.destroy() }
        }
    }

    /// Bytes of what is kept of all partitions.
    package var keptBytes: Int { kept.bytes }

    private func queued(_ partition: Int32) -> Int {
        unsafe partitionQueues[partition].map { unsafe Int(rd_kafka_queue_length($0)) } ?? 0
    }

    package func prefetched(of partition: Int32) -> Prefetched {
        let queued = queued(partition)
        let taken = takenTo(partition)
        let cameTo = (taken ?? 0) + Int64(queued)
        let isAtEnd = taken != nil && knownEnd(of: partition).map { cameTo >= $0 } ?? false
        // Records differ in size: where this says so too early, a pause throws a fetch away.
        let isFull = recordBytes[partition].map { queued * $0 >= limits.queued } ?? false
        return Prefetched(
            queued: queued, cameTo: cameTo, isComplete: isFull || isAtEnd,
            isNearlyUsedUp: kept.bytes(of: partition) <= limits.nearlyUsedUp)
    }

    /// Fetches again, at once. Partitions that are not paused are left alone: resuming them would rewind them.
    package func resume(_ partitions: [Int32]) {
        let stopped = Set(partitions).intersection(paused)
        guard !stopped.isEmpty else { return }
        do {
            let list = PartitionList(topic: topic, stopped)
            unsafe report(rd_kafka_resume_partitions(client, list.list))
        }
        paused.subtract(stopped)
        // The marks of pause and resumption would count as records that have come. They lie before all others.
        for partition in stopped { _ = keep(partition, atMost: 1) }
        // Nobody tells the fetcher, which may sleep up to a second.
        wakeFetchers(stopped.intersection(assigned))
    }

    /// Up to where records have been handed out: one past the last of them and past what is no record (the markers of
    /// transactions, what was aborted); nil before the first. What is kept was not handed out.
    package func position(of partition: Int32) -> Int64? { kept.first(of: partition)?.offset ?? takenTo(partition) }

    /// The same, up to where records were taken out of librdkafka's queue.
    private func takenTo(_ partition: Int32) -> Int64? {
        let list = PartitionList(topic: topic, CollectionOfOne(partition))
        guard unsafe rd_kafka_position(client, list.list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return unsafe list.map(unsafe \.plainOffset).first.flatMap(\.self)
    }
}
