internal import CRdKafka

extension AdminClient {
    /// What a group has committed, whoever its members are and whether it has any. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where the coordinator does not answer or refuses.
    package func committed(
        group: String, topic: String, partitions: [Int32], timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> [CommittedOffset] {
        let settings = try ClientSettings(try groupProperties(group))
        let member = try settings.makeClient(RD_KAFKA_CONSUMER, events: RD_KAFKA_EVENT_LOG)
        defer { rd_kafka_destroy_flags(member, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
        return try committedOffsets(member, topic: topic, partitions, timeoutMs)
    }

    /// The first offset and the next one. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where the leader does not answer or refuses.
    package func watermarks(
        topic: String, partition: Int32, timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> Watermarks {
        try queryWatermarks(client, topic: topic, partition, timeoutMs)
    }

    /// The next offset of each partition, with one request for each leader. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where a leader does not answer or refuses.
    package func endOffsets(
        topic: String, partitions: [Int32], timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> [Int32: Int64] {
        try queryOffsets(client, topic: topic, partitions, at: -1, timeoutMs).compactMapValues { $0 }
    }
}
