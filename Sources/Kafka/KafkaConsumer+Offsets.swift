internal import CRdKafka
internal import Scheduling
internal import System

extension KafkaConsumer {
    /// Sends the leaders a small request, and does not wait for the answer: having something to send wakes the
    /// thread that also fetches. Does not block.
    func wakeFetchers(_ partitions: some Collection<Int32>) {
        guard !partitions.isEmpty else { return }
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions { list.add(topic: topic, partition, offset: -1) }
        // Timeout 0 always ends in a timeout; librdkafka drops the late answer.
        _ = unsafe rd_kafka_offsets_for_times(client, list.list, 0)
    }

    /// Asks what the group has committed, without waiting: the answer comes as `ConsumerEvent.committedBefore`.
    ///
    /// - Parameters:
    ///   - number: comes back with the answer; not 0.
    ///   - timeoutMs: after how long without one a failure comes in its place.
    package func askCommitted(
        _ partitions: [Int32], number: UInt64, onlyStable: Bool = false, timeoutMs: Int32 = 5000
    ) {
        let options = unsafe rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        unsafe rd_kafka_AdminOptions_set_opaque(options, UnsafeMutableRawPointer(bitPattern: UInt(number)))
        var reason = [CChar](repeating: 0, count: 256)
        _ = unsafe rd_kafka_AdminOptions_set_request_timeout(
            options, CoordinatorQuestions.requestMs, &reason, reason.count)
        questions.ask(number, patienceMs: Int(timeoutMs), at: .now())
        if onlyStable {
            unsafe rd_kafka_error_destroy(rd_kafka_AdminOptions_set_require_stable_offsets(options, 1))
        }
        let list = PartitionList(topic: topic, partitions)
        var question = unsafe rd_kafka_ListConsumerGroupOffsets_new(group, list.list)
        defer { unsafe rd_kafka_ListConsumerGroupOffsets_destroy(question) }
        unsafe rd_kafka_ListConsumerGroupOffsets(client, &question, 1, options, commitQueue)
    }

    /// nil where nobody waits for it any more.
    func committedBefore(_ event: OpaquePointer) -> ConsumerEvent? {
        let number = unsafe UInt64(UInt(bitPattern: rd_kafka_event_opaque(event)))
        if unsafe saysWeAreMisled(event) {
            questions.hold(number, at: .now())
            return nil
        }
        guard questions.takeAnswer(number) else { return nil }
        guard unsafe rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return unsafe .committedBefore([], failure: KafkaFailure(event: event, of: client), of: number)
        }
        var count = 0
        let results = unsafe rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
        guard count > 0, let result = unsafe results?[0] else {
            return .committedBefore([], failure: nil, of: number)
        }
        if let error = unsafe rd_kafka_group_result_error(result) {
            let code = unsafe rd_kafka_error_code(error)
            // Some brokers say so of a group that nobody has used: it has committed nothing.
            guard code != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND else {
                return .committedBefore([], failure: nil, of: number)
            }
            let reason = unsafe String(cString: rd_kafka_error_string(error))
            return .committedBefore([], failure: KafkaFailure(code, reason: reason), of: number)
        }
        var offsets: [CommittedOffset] = []
        if let list = unsafe rd_kafka_group_result_partitions(result) {
            unsafe eachEntry(of: list) { entry in unsafe offsets.append(CommittedOffset(entry)) }
        }
        return .committedBefore(offsets, failure: offsets.compactMap(\.failure).first, of: number)
    }

    private func saysWeAreMisled(_ event: OpaquePointer) -> Bool {
        guard unsafe rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return unsafe rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NOT_COORDINATOR
        }
        var count = 0
        let results = unsafe rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
        guard count > 0, let result = unsafe results?[0], let error = unsafe rd_kafka_group_result_error(result) else {
            return false
        }
        return unsafe rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_NOT_COORDINATOR
    }

    /// A question that has no answer in time, and then, once, that the client cannot wait for it any longer.
    func lateQuestion(at now: MonotonicTime) -> ConsumerEvent? {
        if let number = questions.takeLate(at: now) {
            return .committedBefore([], failure: KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT), of: number)
        }
        guard !isGivenUp, questions.areTooOld(at: now) else { return nil }
        isGivenUp = true
        return .failure(
            KafkaFailure(
                code: RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue, name: "_TIMED_OUT",
                reason:
                    "a question to the group's coordinator of \(Int(CoordinatorQuestions.mostAgeMs / 60_000)) minutes ago "
                    + "has no answer, and librdkafka would end the process with a later one",
                kind: .fatal))
    }

    /// Goes on reading a partition at this offset. Records from before may still come: they were on their way. Never
    /// blocks; what goes wrong comes as `ConsumerEvent.failure`.
    package func seek(_ partition: Int32, to offset: Int64) {
        let list = PartitionList(capacity: 1)
        list.add(topic: topic, partition, offset: offset)
        positions[partition] = offset
        forgetKept(CollectionOfOne(partition))
        unsafe report(rd_kafka_seek_partitions(client, list.list, 0))
    }

    /// Where the partition's log ended when a leader last said so; nil before that.
    package func knownEnd(of partition: Int32) -> Int64? {
        var (low, high): (Int64, Int64) = (0, 0)
        let code = unsafe rd_kafka_get_watermark_offsets(client, topic, partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }
}

extension CommittedOffset {
    fileprivate init(_ entry: rd_kafka_topic_partition_t) {
        unsafe self.init(
            partition: entry.partition, nextOffset: entry.plainOffset, metadata: entry.metadataText,
            failure: entry.failure)
    }
}

func committedOffsets(
    _ client: OpaquePointer, topic: String, _ partitions: [Int32], _ timeoutMs: Int32
) throws(KafkaFailure) -> [CommittedOffset] {
    let list = PartitionList(topic: topic, partitions)
    let code = unsafe rd_kafka_committed(client, list.list, timeoutMs)
    // Some brokers say so of a group that nobody has used: it has committed nothing.
    guard code != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND else {
        return partitions.map { CommittedOffset(partition: $0, nextOffset: nil, metadata: nil, failure: nil) }
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(code) }
    return unsafe list.map { unsafe CommittedOffset($0) }
}

/// The offset at a time (milliseconds since 1970), at the end (-1) or at the beginning (-2). nil where a partition
/// has no record that late.
func queryOffsets(
    _ client: OpaquePointer, topic: String, _ partitions: [Int32], at time: Int64, _ timeoutMs: Int32
) throws(KafkaFailure) -> [Int32: Int64?] {
    guard !partitions.isEmpty else { return [:] }
    let list = PartitionList(capacity: partitions.count)
    for partition in partitions { list.add(topic: topic, partition, offset: time) }
    let code = unsafe rd_kafka_offsets_for_times(client, list.list, timeoutMs)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(code) }
    var offsets: [Int32: Int64?] = [:]
    var failure: KafkaFailure?
    unsafe list.each { entry in
        failure = unsafe entry.failure ?? failure
        unsafe offsets[entry.partition] = .some(entry.plainOffset)
    }
    if let failure { throw failure }
    return offsets
}
