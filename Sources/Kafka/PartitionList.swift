internal import CRdKafka

/// Owns a librdkafka list of partitions of one topic.
///
/// Every list is gone before the client is destroyed: `rd_kafka_destroy` waits for ever for a list that went through
/// pause or resume. That is why the list cannot be copied or stored.
struct PartitionList: ~Copyable {
    let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        list = rd_kafka_topic_partition_list_new(Int32(capacity))
    }

    init(topic: String, _ partitions: some Collection<Int32>) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(topic: topic, partition) }
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(list)
    }

    /// `metadata` is copied with malloc, since librdkafka frees it with the list.
    func add(topic: String, _ partition: Int32, offset: Int64? = nil, metadata: String? = nil) {
        guard let entry = rd_kafka_topic_partition_list_add(list, topic, partition) else { return }
        if let offset { entry.pointee.offset = offset }
        guard var metadata, !metadata.isEmpty else { return }
        metadata.withUTF8 { bytes in
            let copy = UnsafeMutableRawPointer.allocateForC(copying: bytes)
            entry.pointee.metadata = copy
            entry.pointee.metadata_size = bytes.count
        }
    }

    func each(_ body: (rd_kafka_topic_partition_t) -> Void) {
        eachEntry(of: list, body)
    }

    func map<Result>(_ body: (rd_kafka_topic_partition_t) -> Result) -> [Result] {
        var results: [Result] = []
        results.reserveCapacity(Int(list.pointee.cnt))
        each { results.append(body($0)) }
        return results
    }
}

/// Walks a list that somebody else owns, such as an event's.
func eachEntry(
    of list: UnsafePointer<rd_kafka_topic_partition_list_t>, _ body: (rd_kafka_topic_partition_t) -> Void
) {
    for index in 0..<Int(list.pointee.cnt) { body(list.pointee.elems[index]) }
}

extension rd_kafka_topic_partition_t {
    /// The metadata a commit carried; nil where there is none or where it is not text.
    var metadataText: String? {
        guard let metadata, metadata_size > 0 else { return nil }
        return String(
            validating: UnsafeRawBufferPointer(start: metadata, count: metadata_size), as: UTF8.self)
    }

    /// nil where librdkafka has no number for it (logical offsets are negative).
    var plainOffset: Int64? { offset >= 0 ? offset : nil }

    var failure: KafkaFailure? { err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(err) }
}
