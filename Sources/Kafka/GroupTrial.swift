internal import CRdKafka

/// Tries whether this principal may read a topic and commit for a group, and commits nothing; and looks at what the
/// group has committed.
///
/// It is a commit for a partition that no topic has: brokers look at the access rules for the group, then for the topic,
/// and then find no such partition. By a consumer that never joins, and not by the requests of the admin interface:
/// those end the process where the coordinator may not be looked for (an assertion of librdkafka 2.0.2).
package struct GroupTrial: Sendable {
    /// nil where nothing is refused.
    package let refusal: KafkaFailure?
    /// Whether the group has committed an offset of the topic; nil where that may not be asked.
    package let hasCommitted: Bool?

    /// Blocks up to a few times `timeoutMs`.
    ///
    /// - Parameter properties: `ClientProperties.groupObserver`.
    /// - Throws: `KafkaFailure` where nobody answers.
    package init(
        _ properties: ClientProperties, topic: String, partitions: [Int32], timeoutMs: Int32
    ) throws(KafkaFailure) {
        let settings = try ClientSettings(properties)
        let client = try unsafe settings.makeClient(
            RD_KAFKA_CONSUMER, events: RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT)
        unsafe rd_kafka_poll_set_consumer(client)
        // Nobody has joined a group with it: there is none to leave.
        defer { unsafe BoundedDestroy.run(client, flags: RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
        // Before the commit: one that finds no coordinator keeps the client from being destroyed for 45 s.
        let committed: [CommittedOffset]
        switch try unsafe Self.committed(client, topic, partitions, timeoutMs) {
        case .success(let found): committed = found
        case .failure(let refusal):
            self.refusal = refusal
            hasCommitted = nil
            return
        }
        refusal = try unsafe Self.tryCommit(client, topic, timeoutMs)
        let isKnown = !committed.isEmpty && committed.allSatisfy { $0.failure == nil }
        hasCommitted = isKnown ? committed.contains { $0.nextOffset != nil } : nil
    }

    private static func committed(
        _ client: OpaquePointer, _ topic: String, _ partitions: [Int32], _ timeoutMs: Int32
    ) throws(KafkaFailure) -> Result<[CommittedOffset], KafkaFailure> {
        let queue = unsafe rd_kafka_queue_get_consumer(client)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        let stepMs: Int32 = 1000
        var last = KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT)
        for _ in 0...max(0, timeoutMs / stepMs) {
            do throws(KafkaFailure) {
                return unsafe .success(try committedOffsets(client, topic: topic, partitions, stepMs))
            } catch {
                if error.kind == .authorization { return .failure(error) }
                last = error
            }
            // Who may not see the group is not told of its coordinator; that is said by an event alone.
            while let event = unsafe rd_kafka_queue_poll(queue, 0) {
                defer { unsafe rd_kafka_event_destroy(event) }
                let failure = unsafe KafkaFailure(event: event, of: client)
                if unsafe rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR, failure.kind == .authorization {
                    return .failure(failure)
                }
            }
        }
        throw last
    }

    private static func tryCommit(
        _ client: OpaquePointer, _ topic: String, _ timeoutMs: Int32
    ) throws(KafkaFailure) -> KafkaFailure? {
        let list = PartitionList(capacity: 1)
        list.add(topic: topic, .max, offset: 0)
        let queue: OpaquePointer = unsafe rd_kafka_queue_new(client)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        let code = unsafe rd_kafka_commit_queue(client, list.list, queue, nil, nil)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(code) }
        guard let event = unsafe rd_kafka_queue_poll(queue, timeoutMs) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var failures = unsafe [KafkaFailure(rd_kafka_event_error(event))]
        if let answered = unsafe rd_kafka_event_topic_partition_list(event) {
            unsafe eachEntry(of: answered) { entry in if let failure = unsafe entry.failure { failures.append(failure) }
            }
        }
        // Anything else, such as a group that takes no commit from one who is no member, comes after the access rules.
        return failures.first { $0.kind == .authorization }
    }
}
