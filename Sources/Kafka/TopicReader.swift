internal import CRdKafka

/// Reads whole topics without being a member of any group, and commits nothing.
///
/// Safety: one thread owns it; its handles are constant and good until `close`.
@safe
package final class TopicReader {
    /// Where reading a topic begins.
    package enum Start: Sendable, Equatable {
        case beginning
        /// Only what comes from now on.
        case end
        /// The first record of each partition stamped at or after these milliseconds since 1970. (The embedded
        /// broker cannot find it, and begins at the end.)
        case timestamp(Int64)
        /// These partitions only, each at its offset.
        case offsets([Int32: Int64])
    }

    package enum Step: Sendable, Equatable {
        case record(topic: String, KafkaRecord)
        /// Every partition has been read to where its end was when reading began, or since. Comes again after each time
        /// something new came and there was no more for a moment.
        case caughtUp
        /// Nothing in this time.
        case idle
        /// Temporary failures mend themselves: go on reading.
        case failure(KafkaFailure)
    }

    private struct Place: Hashable {
        let topic: String
        let partition: Int32
    }

    private let client: OpaquePointer
    private let queue: OpaquePointer
    private var behind: Set<Place> = []
    /// The next offset of each partition when reading began, until it is reached. librdkafka tells of an end only when
    /// a fetch brings nothing, which a topic that is written to without a pause never lets it.
    private var ends: [Place: Int64] = [:]
    private var isCaughtUpDue = false
    private var isClosed = false

    /// Blocks up to `timeoutMs` for the topics' partitions.
    ///
    /// - Parameter properties: `ClientProperties.reader`.
    /// - Throws: `KafkaFailure`; kind `missing` names the topic that is not there.
    package init(
        _ properties: ClientProperties, topics: [(name: String, start: Start)], timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) {
        let settings = try ClientSettings(properties)
        unsafe client = try unsafe settings.makeClient(
            RD_KAFKA_CONSUMER, events: RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
        unsafe rd_kafka_poll_set_consumer(client)
        unsafe queue = rd_kafka_queue_get_consumer(client)
        unsafe rd_kafka_set_log_queue(client, queue)
        do throws(KafkaFailure) {
            let known = try unsafe describeCluster(client, timeoutMs).topics
            let list = PartitionList(capacity: topics.count)
            for topic in topics {
                guard let description = known.first(where: { $0.name == topic.name }) else {
                    throw KafkaFailure(
                        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, reason: "there is no topic \(topic.name)")
                }
                try add(description, topic.start, to: list, timeoutMs)
            }
            for topic in topics { noteEnds(of: topic.name, timeoutMs) }
            let code = unsafe rd_kafka_assign(client, list.list)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(code) }
        } catch {
            close()
            throw error
        }
    }

    deinit {
        assert(isClosed, "a TopicReader is closed by its owner")
    }

    private func add(
        _ topic: TopicDescription, _ start: Start, to list: borrowing PartitionList, _ timeoutMs: Int32
    ) throws(KafkaFailure) {
        var offsets: [Int32: Int64] = [:]
        switch start {
        case .beginning: for partition in topic.partitions { offsets[partition] = Int64(RD_KAFKA_OFFSET_BEGINNING) }
        case .end: for partition in topic.partitions { offsets[partition] = Int64(RD_KAFKA_OFFSET_END) }
        case .offsets(let given): offsets = given
        case .timestamp(let time):
            let found = try unsafe queryOffsets(client, topic: topic.name, topic.partitions, at: time, timeoutMs)
            offsets = found.mapValues { $0 ?? Int64(RD_KAFKA_OFFSET_END) }
        }
        for (partition, offset) in offsets {
            list.add(topic: topic.name, partition, offset: offset)
            behind.insert(Place(topic: topic.name, partition: partition))
        }
    }

    private func noteEnds(of topic: String, _ timeoutMs: Int32) {
        let partitions = behind.filter { $0.topic == topic }.map(\.partition)
        // Where a leader does not answer now, it will have to before its partition is read.
        guard let found = try? unsafe queryOffsets(client, topic: topic, partitions, at: -1, timeoutMs) else { return }
        for (partition, end) in found { ends[Place(topic: topic, partition: partition)] = end }
    }

    /// The next record or what else there is to say. Blocks up to `timeoutMs` while there is nothing.
    package func next(timeoutMs: Int32) -> Step {
        if isCaughtUpDue {
            isCaughtUpDue = false
            return .caughtUp
        }
        // Events that mean nothing to a reader are few and do not come in a row that could hold it up.
        while let event = unsafe rd_kafka_queue_poll(queue, timeoutMs) {
            defer { unsafe rd_kafka_event_destroy(event) }
            if let step = unsafe step(for: event) { return step }
        }
        return .idle
    }

    private func step(for event: OpaquePointer) -> Step? {
        switch unsafe rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_FETCH:
            guard let message = unsafe rd_kafka_event_message_next(event) else { return nil }
            let mutable = unsafe UnsafeMutablePointer(mutating: message)
            let topic = unsafe String(cString: rd_kafka_topic_name(message.pointee.rkt))
            unsafe noteRead(Place(topic: topic, partition: message.pointee.partition), message.pointee.offset)
            return unsafe .record(topic: topic, KafkaRecord(copying: mutable))
        case RD_KAFKA_EVENT_ERROR: return unsafe problem(event)
        default: return nil
        }
    }

    private func noteRead(_ place: Place, _ offset: Int64) {
        guard !ends.isEmpty else {
            behind.insert(place)
            return
        }
        if let end = ends[place], offset + 1 >= end { isCaughtUpDue = noteEnd(of: place) }
    }

    /// True when that was the last one.
    private func noteEnd(of place: Place) -> Bool {
        ends[place] = nil
        return behind.remove(place) != nil && behind.isEmpty
    }

    private func problem(_ event: OpaquePointer) -> Step? {
        let code = unsafe rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR__PARTITION_EOF else {
            // Handed its partitions, a reader has no use for the group it may not see.
            if code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED { return nil }
            return unsafe .failure(KafkaFailure(event: event, of: client))
        }
        guard let place = unsafe rd_kafka_event_topic_partition(event) else { return nil }
        defer { unsafe rd_kafka_topic_partition_destroy(place) }
        let isLast = unsafe noteEnd(
            of: Place(topic: String(cString: place.pointee.topic), partition: place.pointee.partition))
        return isLast ? .caughtUp : nil
    }

    /// Ends every thread of the client.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe rd_kafka_queue_destroy(queue)
        unsafe BoundedDestroy.run(client, flags: RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }
}
