internal import CRdKafka

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
    return unsafe list.map {
        unsafe CommittedOffset(
            partition: $0.partition, nextOffset: $0.plainOffset, metadata: $0.metadataText, failure: $0.failure)
    }
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
