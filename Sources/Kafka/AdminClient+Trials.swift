internal import CRdKafka

extension AdminClient {
    /// Tries whether this principal may read the topic and commit for the group, and commits nothing.
    ///
    /// It is a commit for a partition that no topic has: brokers look at the access rules for the group, then for the
    /// topic, and then find no such partition. Blocks up to about `timeoutMs`.
    /// - Returns: what is refused; nil where nothing is.
    /// - Throws: `KafkaFailure` where nobody answers.
    package func tryCommit(group: String, topic: String, timeoutMs: Int32) throws(KafkaFailure) -> KafkaFailure? {
        let list = PartitionList(capacity: 1)
        list.add(topic: topic, .max, offset: 0)
        var request = rd_kafka_AlterConsumerGroupOffsets_new(group, list.list)
        defer { rd_kafka_AlterConsumerGroupOffsets_destroy(request) }
        let options = adminOptions(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeoutMs)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue: OpaquePointer = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_AlterConsumerGroupOffsets(client, &request, 1, options, queue)
        let event: OpaquePointer
        do {
            event = try answer(queue, timeoutMs: timeoutMs)
        } catch {
            // Not even the group's coordinator is told to one who may not see the group.
            guard error.kind == .authorization else { throw error }
            return error
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
            rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count)
        let failures = failures(of: groups, count)
        if let refusal = failures.first(where: { $0.kind == .authorization }) { return refusal }
        // A group that has members takes no commit from others; but it has looked at the rules before it said so.
        let expected: [KafkaFailure.Kind] = [.missing, .membership]
        if let other = failures.first(where: { !expected.contains($0.kind) }) { throw other }
        return nil
    }

    /// How many records a group would begin with that has committed nothing; nil where it has committed something.
    /// Blocks up to a few times `timeoutMs`.
    /// - Throws: `KafkaFailure` where the coordinator or a leader does not answer or refuses.
    package func uncommittedRecords(
        group: String, topic: String, partitions: [Int32], timeoutMs: Int32
    ) throws(KafkaFailure) -> Int? {
        guard try !hasCommitted(group: group, topic: topic, partitions: partitions, timeoutMs: timeoutMs) else {
            return nil
        }
        let low = try queryOffsets(client, topic: topic, partitions, at: -2, timeoutMs)
        let high = try queryOffsets(client, topic: topic, partitions, at: -1, timeoutMs)
        return partitions.reduce(0) { sum, partition in
            guard let first = low[partition] ?? nil, let next = high[partition] ?? nil else { return sum }
            return sum + Int(max(0, next - first))
        }
    }

    private func hasCommitted(
        group: String, topic: String, partitions: [Int32], timeoutMs: Int32
    ) throws(KafkaFailure) -> Bool {
        let list = PartitionList(topic: topic, partitions)
        var request = rd_kafka_ListConsumerGroupOffsets_new(group, list.list)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let options = adminOptions(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeoutMs)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue: OpaquePointer = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_ListConsumerGroupOffsets(client, &request, 1, options, queue)
        let event = try answer(queue, timeoutMs: timeoutMs)
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
        if let failure = failures(of: groups, count).first, failure.name != "GROUP_ID_NOT_FOUND" { throw failure }
        var hasOffset = false
        for group in UnsafeBufferPointer(start: groups, count: count) {
            guard let list = rd_kafka_group_result_partitions(group) else { continue }
            eachEntry(of: list) { hasOffset = hasOffset || $0.plainOffset != nil }
        }
        return hasOffset
    }

    /// What went wrong for groups or for their partitions.
    private func failures(of groups: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int) -> [KafkaFailure] {
        var failures: [KafkaFailure] = []
        for group in UnsafeBufferPointer(start: groups, count: count) {
            if let error = rd_kafka_group_result_error(group) {
                failures.append(
                    KafkaFailure(
                        rd_kafka_error_code(error), reason: rd_kafka_error_string(error).map { String(cString: $0) }))
            }
            guard let list = rd_kafka_group_result_partitions(group) else { continue }
            eachEntry(of: list) { entry in if let failure = entry.failure { failures.append(failure) } }
        }
        return failures
    }
}
