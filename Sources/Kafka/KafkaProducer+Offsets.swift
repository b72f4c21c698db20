extension KafkaProducer {
    /// The first offset and the next one of each partition, with two requests for each leader. Blocks, twice up to
    /// `timeoutMs`; any thread.
    ///
    /// A broker answers what comes over one connection in order: on a consumer's the question would stand behind a
    /// fetch, which waits for records as long as `fetch.wait.max.ms`. On a producer's nothing waits.
    /// - Throws: `KafkaFailure` where a leader does not answer or refuses.
    package func watermarks(
        topic: String, partitions: [Int32], timeoutMs: Int32
    ) throws(KafkaFailure) -> [Int32: Watermarks] {
        let low = try queryOffsets(client, topic: topic, partitions, at: -2, timeoutMs)
        let high = try queryOffsets(client, topic: topic, partitions, at: -1, timeoutMs)
        var found: [Int32: Watermarks] = [:]
        for partition in partitions {
            guard let first = low[partition] ?? nil, let next = high[partition] ?? nil else { continue }
            found[partition] = Watermarks(low: first, high: next)
        }
        return found
    }

    /// The first offset and the next one of a partition. Blocks up to `timeoutMs`; any thread.
    /// - Throws: `KafkaFailure` where the leader does not answer or refuses.
    package func watermarks(topic: String, partition: Int32, timeoutMs: Int32) throws(KafkaFailure) -> Watermarks {
        try queryWatermarks(client, topic: topic, partition, timeoutMs)
    }
}
