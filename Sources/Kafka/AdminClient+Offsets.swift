internal import CRdKafka

extension AdminClient {
    /// What a group has committed, whoever its members are and whether it has any. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where the coordinator does not answer or refuses.
    package func committed(
        group: String, topic: String, partitions: [Int32], timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> [CommittedOffset] {
        let settings = try ClientSettings(try groupProperties(group))
        let member = try unsafe settings.makeClient(RD_KAFKA_CONSUMER, events: RD_KAFKA_EVENT_LOG)
        defer { unsafe BoundedDestroy.run(member, flags: RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
        return try unsafe committedOffsets(member, topic: topic, partitions, timeoutMs)
    }

    /// What the group of `ClientProperties.groupObserver` has committed. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where the coordinator does not answer or refuses.
    package func committed(
        topic: String, partitions: [Int32], timeoutMs: Int32
    ) throws(KafkaFailure) -> [CommittedOffset] {
        try unsafe committedOffsets(client, topic: topic, partitions, timeoutMs)
    }

    /// The first offset and the next one. Blocks, twice up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where the leader does not answer or refuses.
    package func watermarks(
        topic: String, partition: Int32, timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> Watermarks {
        guard let marks = try watermarks(topic: topic, partitions: [partition], timeoutMs: timeoutMs)[partition] else {
            throw .known(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION.rawValue)
        }
        return marks
    }

    /// The first offset and the next one of each partition, with two requests for each leader. All or none: one leader
    /// that does not answer costs the others' answers. Blocks, twice up to `timeoutMs`, which
    /// `rd_kafka_query_watermark_offsets` does not keep while a broker is away (librdkafka 2.0.2).
    /// - Throws: `KafkaFailure` where a leader does not answer or refuses.
    package func watermarks(
        topic: String, partitions: [Int32], timeoutMs: Int32
    ) throws(KafkaFailure) -> [Int32: Watermarks] {
        let low = try unsafe queryOffsets(client, topic: topic, partitions, at: -2, timeoutMs)
        let high = try unsafe queryOffsets(client, topic: topic, partitions, at: -1, timeoutMs)
        var found: [Int32: Watermarks] = [:]
        for partition in partitions {
            guard let first = low[partition] ?? nil, let next = high[partition] ?? nil else { continue }
            found[partition] = Watermarks(low: first, high: next)
        }
        return found
    }

    /// The next offset of each partition, with one request for each leader. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where a leader does not answer or refuses.
    package func endOffsets(
        topic: String, partitions: [Int32], timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> [Int32: Int64] {
        try offsets(topic: topic, partitions: partitions, at: -1, timeoutMs: timeoutMs)
    }

    /// The first offset of each partition that was stamped at or after these milliseconds since 1970; without those that
    /// have none. Blocks up to `timeoutMs`. (The embedded broker finds none.)
    /// - Throws: `KafkaFailure` where a leader does not answer or refuses.
    package func offsets(
        topic: String, partitions: [Int32], at time: Int64, timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> [Int32: Int64] {
        try unsafe queryOffsets(client, topic: topic, partitions, at: time, timeoutMs).compactMapValues { $0 }
    }
}
