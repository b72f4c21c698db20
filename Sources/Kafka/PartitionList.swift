internal import CRdKafka

/// Owns a librdkafka list of partitions of one topic.
///
/// Every list is gone before the client is destroyed: `rd_kafka_destroy` waits for ever for a list that went through
/// pause or resume. That is why the list cannot be copied or stored.
///
/// Safety: the list is made by `init` and goes with the value. Who hands `list` to librdkafka does so for one call.
@safe
struct PartitionList: ~Copyable {
    let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        unsafe list = rd_kafka_topic_partition_list_new(Int32(capacity))
    }

    init(topic: String, _ partitions: some Collection<Int32>) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(topic: topic, partition) }
    }

    deinit {
        unsafe rd_kafka_topic_partition_list_destroy(list)
    }

    /// `metadata` is copied with malloc, since librdkafka frees it with the list.
    func add(topic: String, _ partition: Int32, offset: Int64? = nil, metadata: String? = nil) {
        guard let entry = unsafe rd_kafka_topic_partition_list_add(list, topic, partition) else { return }
        if let offset { unsafe entry.pointee.offset = offset }
        guard var metadata, !metadata.isEmpty else { return }
        metadata.withUTF8 { bytes in
            let copy = unsafe UnsafeMutableRawPointer.allocateForC(copying: bytes)
            unsafe entry.pointee.metadata = copy
            unsafe entry.pointee.metadata_size = bytes.count
        }
    }

    func each(_ body: (rd_kafka_topic_partition_t) -> Void) {
        unsafe eachEntry(of: list, body)
    }

    func map<Result>(_ body: (rd_kafka_topic_partition_t) -> Result) -> [Result] {
        var results: [Result] = []
        unsafe results.reserveCapacity(Int(list.pointee.cnt))
        unsafe each { unsafe results.append(body($0)) }
        return results
    }
}

/// Walks a list that somebody else owns, such as an event's.
func eachEntry(
    of list: UnsafePointer<rd_kafka_topic_partition_list_t>, _ body: (rd_kafka_topic_partition_t) -> Void
) {
    for index in unsafe 0..<Int(list.pointee.cnt) { unsafe body(list.pointee.elems[index]) }
}

extension rd_kafka_topic_partition_t {
    /// The metadata a commit carried; nil where there is none or where it is not text.
    var metadataText: String? {
        guard let metadata = unsafe metadata, unsafe metadata_size > 0 else { return nil }
        return unsafe String(
            validating: UnsafeRawBufferPointer(start: metadata, count: metadata_size), as: UTF8.self)
    }

    /// nil where librdkafka has no number for it (logical offsets are negative).
    var plainOffset: Int64? { unsafe offset >= 0 ? offset : nil }

    var failure: KafkaFailure? { unsafe err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(err) }
}
