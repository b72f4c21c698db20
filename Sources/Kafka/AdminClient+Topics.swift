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
        try unsafe describeCluster(client, timeoutMs).topics
    }

    /// The brokers that are there, as they want to be addressed. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where no broker answers.
    package func brokers(timeoutMs: Int32 = 10_000) throws(KafkaFailure) -> [Broker] {
        try unsafe describeCluster(client, timeoutMs).brokers
    }

    /// Creates topics and says of each what became of it. Blocks up to about `timeoutMs`.
    /// - Throws: `KafkaFailure` where the request as a whole fails, or a topic's settings are refused here.
    package func create(_ topics: [NewTopic], timeoutMs: Int32 = 30_000) throws(KafkaFailure) -> [TopicOutcome] {
        guard !topics.isEmpty else { return [] }
        var requests: [OpaquePointer?] = unsafe []
        defer { for index in unsafe requests.indices { unsafe rd_kafka_NewTopic_destroy(requests[index]) } }
        for topic in topics { unsafe requests.append(try newTopic(topic)) }
        let event = try unsafe ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeoutMs: timeoutMs) { options, queue in
            unsafe rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var count = 0
        let results = unsafe rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        return unsafe outcomes(results, count)
    }

    /// Waits until every broker shows these topics with a leader for every partition: a cluster says that a topic is
    /// made before all its brokers know it. Blocks up to about `timeoutMs` and a last round of questions.
    ///
    /// - Returns: the brokers that do not show them by then, or do not answer, as `host:port`.
    /// - Throws: `KafkaFailure` where no broker answers.
    package func awaitTopics(_ names: [String], timeoutMs: Int32 = 30_000) throws(KafkaFailure) -> [String] {
        let pauses = unsafe rd_kafka_queue_new(client)
        defer { unsafe rd_kafka_queue_destroy(pauses) }
        var waiting: [(broker: Broker, admin: AdminClient)] = []
        defer { for (_, admin) in waiting { admin.close() } }
        for broker in try unsafe describeCluster(client, 10_000).brokers {
            waiting.append((broker, try AdminClient(properties(askingFirst: broker.address))))
        }
        let pauseMs: Int32 = 100
        // By the clock: a broker that is away costs its question's whole patience in each round.
        let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
        repeat {
            var behind: [(broker: Broker, admin: AdminClient)] = []
            for (broker, admin) in waiting {
                if admin.shows(names, broker, timeoutMs: min(timeoutMs, 1000)) {
                    admin.close()
                } else {
                    behind.append((broker, admin))
                }
            }
            waiting = behind
            guard !waiting.isEmpty else { break }
            // Nothing ever comes: a queue is what librdkafka waits on.
            _ = unsafe rd_kafka_queue_poll(pauses, pauseMs)
        } while ContinuousClock.now < deadline
        return waiting.map(\.broker.address)
    }

    /// Whether this broker itself shows these topics. A client is connected to the broker that it was told to ask first
    /// and to no other, as long as it wants nothing that only another can give; the answer says whose it is.
    private func shows(_ names: [String], _ broker: Broker, timeoutMs: Int32) -> Bool {
        guard let found = try? unsafe describeCluster(client, timeoutMs), found.answeredBy == broker.id else {
            return false
        }
        return names.allSatisfy { name in found.topics.contains { $0.name == name && $0.isReady } }
    }

    /// Why a topic is not among those that are shown: it is missing, or this principal may not see it. Not for the
    /// embedded broker, which makes a topic that is asked for. Blocks up to `timeoutMs`.
    package func whyHidden(_ topic: String, timeoutMs: Int32 = 10_000) -> KafkaFailure? {
        guard let handle = unsafe rd_kafka_topic_new(client, topic, nil) else {
            return KafkaFailure(rd_kafka_last_error())
        }
        defer { unsafe rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = unsafe rd_kafka_metadata(client, 0, handle, &answer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer = unsafe answer else { return KafkaFailure(code) }
        defer { unsafe rd_kafka_metadata_destroy(answer) }
        guard unsafe answer.pointee.topic_cnt > 0 else { return nil }
        let error = unsafe answer.pointee.topics[0].err
        return error == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(error)
    }

    /// Deletes topics and says of each what became of it. Blocks up to about `timeoutMs`.
    /// - Throws: `KafkaFailure` where the request as a whole fails.
    package func delete(_ names: [String], timeoutMs: Int32 = 30_000) throws(KafkaFailure) -> [TopicOutcome] {
        guard !names.isEmpty else { return [] }
        var requests: [OpaquePointer?] = unsafe names.map { unsafe rd_kafka_DeleteTopic_new($0) }
        defer { for index in unsafe requests.indices { unsafe rd_kafka_DeleteTopic_destroy(requests[index]) } }
        let event = try unsafe ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeoutMs: timeoutMs) { options, queue in
            unsafe rd_kafka_DeleteTopics(client, &requests, requests.count, options, queue)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var count = 0
        let results = unsafe rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
        return unsafe outcomes(results, count)
    }

    private func newTopic(_ topic: NewTopic) throws(KafkaFailure) -> OpaquePointer {
        guard !topic.name.isEmpty, topic.partitions > 0 else {
            throw .invalid("topic \"\(topic.name)\" cannot be made with \(topic.partitions) partitions")
        }
        var reason = [CChar](repeating: 0, count: 512)
        let request = unsafe rd_kafka_NewTopic_new(
            topic.name, Int32(clamping: topic.partitions), Int32(clamping: topic.replicas ?? -1), &reason,
            reason.count)
        guard let request = unsafe request else { throw .invalid("topic \(topic.name): \(text(reason))") }
        for setting in topic.settings {
            let code = unsafe rd_kafka_NewTopic_set_config(request, setting.name, setting.value)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            unsafe rd_kafka_NewTopic_destroy(request)
            throw .invalid("topic \(topic.name): \(setting.name) is not taken")
        }
        return unsafe request
    }

    private func outcomes(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
    ) -> [TopicOutcome] {
        unsafe UnsafeBufferPointer(start: results, count: count).map { result in
            let code = unsafe rd_kafka_topic_result_error(result)
            let reason = unsafe rd_kafka_topic_result_error_string(result).map { unsafe String(cString: $0) }
            return unsafe TopicOutcome(
                name: String(cString: rd_kafka_topic_result_name(result)),
                failure: code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(code, reason: reason))
        }
    }
}

/// A broker as the cluster describes it.
package struct Broker: Sendable, Equatable {
    package let id: Int32
    /// `host:port`
    package let address: String

    fileprivate init(_ broker: rd_kafka_metadata_broker) {
        let host = unsafe String(cString: broker.host)
        id = unsafe broker.id
        address = unsafe "\(host.contains(":") ? "[\(host)]" : host):\(broker.port)"
    }
}

/// What a broker says of its cluster: all topics a client may see, and the brokers.
func describeCluster(
    _ client: OpaquePointer, _ timeoutMs: Int32
) throws(KafkaFailure) -> (topics: [TopicDescription], brokers: [Broker], answeredBy: Int32) {
    var answer: UnsafePointer<rd_kafka_metadata>?
    // A question that was put to a broker just as that went has no answer: it is put once more.
    let firstMs = min(timeoutMs, max(timeoutMs / 3, 1000))
    var code = unsafe rd_kafka_metadata(client, 1, nil, &answer, firstMs)
    if code == RD_KAFKA_RESP_ERR__TIMED_OUT, firstMs < timeoutMs {
        code = unsafe rd_kafka_metadata(client, 1, nil, &answer, timeoutMs - firstMs)
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer = unsafe answer else { throw KafkaFailure(code) }
    defer { unsafe rd_kafka_metadata_destroy(answer) }
    let list = unsafe UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt))
    let brokers = unsafe UnsafeBufferPointer(start: answer.pointee.brokers, count: Int(answer.pointee.broker_cnt))
    return unsafe (
        list.map { unsafe TopicDescription($0) }, unsafe brokers.map { unsafe Broker($0) },
        unsafe answer.pointee.orig_broker_id
    )
}

extension TopicDescription {
    fileprivate init(_ topic: rd_kafka_metadata_topic) {
        let partitions = unsafe UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
        unsafe self.init(
            name: String(cString: topic.topic), partitions: partitions.map(\.id).sorted(),
            replicas: unsafe Int(partitions.first?.replica_cnt ?? 0),
            failure: unsafe topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(topic.err),
            withoutLeader: unsafe Set(partitions.filter { unsafe $0.leader < 0 }.map(\.id)),
            isReady: unsafe topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && !partitions.isEmpty
                && partitions.allSatisfy { unsafe $0.leader >= 0 })
    }
}
