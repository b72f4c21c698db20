internal import CRdKafka

/// A topic as the cluster describes it.
package struct TopicDescription: Sendable, Equatable {
    package let name: String
    /// The partitions' numbers, in order.
    package let partitions: [Int32]
    /// How many copies the first partition has.
    package let replicas: Int
    package let failure: KafkaFailure?
    /// Those that no broker leads now: nobody can say where they end.
    package let withoutLeader: Set<Int32>
    /// Whether it is there and every partition has a leader.
    let isReady: Bool
}

/// A topic to be created.
package struct NewTopic: Sendable, Equatable {
    package let name: String
    package let partitions: Int
    /// nil: the broker's default.
    package let replicas: Int?
    /// For example `("retention.ms", "604800000")`.
    package let settings: [ClientProperties.Property]

    package init(name: String, partitions: Int, replicas: Int? = nil, settings: [ClientProperties.Property] = []) {
        self.name = name
        self.partitions = partitions
        self.replicas = replicas
        self.settings = settings
    }
}

/// What became of one topic.
package struct TopicOutcome: Sendable, Equatable {
    package let name: String
    /// nil: done. Kind `exists`: it was there already.
    package let failure: KafkaFailure?
}

extension AdminClient {
    /// Every topic this principal may see. A topic that is asked for by name may be created by the broker; so all are
    /// asked for. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where no broker answers.
    package func topics(timeoutMs: Int32 = 10_000) throws(KafkaFailure) -> [TopicDescription] {
        try describeTopics(client, timeoutMs)
    }

    /// Creates topics and says of each what became of it. Blocks up to about `timeoutMs`.
    /// - Throws: `KafkaFailure` where the request as a whole fails, or a topic's settings are refused here.
    package func create(_ topics: [NewTopic], timeoutMs: Int32 = 30_000) throws(KafkaFailure) -> [TopicOutcome] {
        guard !topics.isEmpty else { return [] }
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics { requests.append(try newTopic(topic)) }
        let options = adminOptions(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeoutMs)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue: OpaquePointer = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
        let event = try answer(queue, timeoutMs: timeoutMs)
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        return outcomes(results, count)
    }

    /// Waits until these topics are shown with a leader for every partition: a cluster says that a topic is made before
    /// all its brokers know it. Blocks up to about `timeoutMs`; false when some are not there by then.
    /// - Throws: `KafkaFailure` where no broker answers.
    package func awaitTopics(_ names: [String], timeoutMs: Int32 = 10_000) throws(KafkaFailure) -> Bool {
        let pauses = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(pauses) }
        let pauseMs: Int32 = 20
        for _ in 0...max(0, timeoutMs / pauseMs) {
            let found = try topics(timeoutMs: timeoutMs)
            if names.allSatisfy({ name in found.contains { $0.name == name && $0.isReady } }) { return true }
            // Nothing ever comes: a queue is what librdkafka waits on.
            _ = rd_kafka_queue_poll(pauses, pauseMs)
        }
        return false
    }

    /// Deletes topics and says of each what became of it. Blocks up to about `timeoutMs`.
    /// - Throws: `KafkaFailure` where the request as a whole fails.
    package func delete(_ names: [String], timeoutMs: Int32 = 30_000) throws(KafkaFailure) -> [TopicOutcome] {
        guard !names.isEmpty else { return [] }
        var requests: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
        let options = adminOptions(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeoutMs)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue: OpaquePointer = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_DeleteTopics(client, &requests, requests.count, options, queue)
        let event = try answer(queue, timeoutMs: timeoutMs)
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
        return outcomes(results, count)
    }

    private func newTopic(_ topic: NewTopic) throws(KafkaFailure) -> OpaquePointer {
        guard !topic.name.isEmpty, topic.partitions > 0 else {
            throw .invalid("topic \"\(topic.name)\" cannot be made with \(topic.partitions) partitions")
        }
        var reason = [CChar](repeating: 0, count: 512)
        let request = rd_kafka_NewTopic_new(
            topic.name, Int32(clamping: topic.partitions), Int32(clamping: topic.replicas ?? -1), &reason,
            reason.count)
        guard let request else { throw .invalid("topic \(topic.name): \(text(reason))") }
        for setting in topic.settings {
            let code = rd_kafka_NewTopic_set_config(request, setting.name, setting.value)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            rd_kafka_NewTopic_destroy(request)
            throw .invalid("topic \(topic.name): \(setting.name) is not taken")
        }
        return request
    }

    func adminOptions(_ operation: rd_kafka_admin_op_t, _ timeoutMs: Int32) -> OpaquePointer? {
        let options = rd_kafka_AdminOptions_new(client, operation)
        _ = rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs, nil, 0)
        _ = rd_kafka_AdminOptions_set_operation_timeout(options, timeoutMs, nil, 0)
        return options
    }

    private func outcomes(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
    ) -> [TopicOutcome] {
        UnsafeBufferPointer(start: results, count: count).map { result in
            let code = rd_kafka_topic_result_error(result)
            let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            return TopicOutcome(
                name: String(cString: rd_kafka_topic_result_name(result)),
                failure: code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(code, reason: reason))
        }
    }
}

/// All topics a client may see.
func describeTopics(_ client: OpaquePointer, _ timeoutMs: Int32) throws(KafkaFailure) -> [TopicDescription] {
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(client, 1, nil, &answer, timeoutMs)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaFailure(code) }
    defer { rd_kafka_metadata_destroy(answer) }
    let list = UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt))
    return list.map { topic in
        let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
        return TopicDescription(
            name: String(cString: topic.topic), partitions: partitions.map(\.id).sorted(),
            replicas: Int(partitions.first?.replica_cnt ?? 0),
            failure: topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(topic.err),
            withoutLeader: Set(partitions.filter { $0.leader < 0 }.map(\.id)),
            isReady: topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && !partitions.isEmpty
                && partitions.allSatisfy { $0.leader >= 0 })
    }
}
