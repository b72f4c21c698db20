internal import CRdKafka
internal import Synchronization

/// Publishes records to any topic.
///
/// Safety: `produce`, `outstanding` and `purge` may be called on any thread: the client handle is constant, librdkafka
/// locks its own queues, and the topic handles lie behind a mutex. One thread drains (`drainDeliveries`, `nextEvent`,
/// `flushStep`). The owner calls `destroy` when no other thread uses the producer any more.
@safe
package final class KafkaProducer: @unchecked Sendable {
    let client: OpaquePointer
    private let queue: OpaquePointer
    private let topics = TopicHandles()
    private let unreported = Atomic<Int>(0)
    private var waiting = EventBacklog<ProducerEvent>(limit: 1000)
    private var isDestroyed = false

    /// - Parameter wakeDescriptor: a non-blocking eventfd of the caller's that is written when there is something to
    ///   drain, open until `destroy` has returned; nil for one who looks by himself.
    /// - Throws: `KafkaFailure` of kind `configuration` naming the property, or what librdkafka says.
    package init(_ properties: ClientProperties, wakeDescriptor: Int32?) throws(KafkaFailure) {
        let settings = try ClientSettings(properties)
        unsafe client = try unsafe settings.makeClient(
            RD_KAFKA_PRODUCER,
            events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS)
        unsafe queue = rd_kafka_queue_get_main(client)
        unsafe rd_kafka_set_log_queue(client, queue)
        if let wakeDescriptor { unsafe wake(wakeDescriptor, on: queue) }
    }

    deinit {
        assert(isDestroyed, "a KafkaProducer is destroyed by its owner")
    }

    /// Records that were queued and whose delivery has not been drained yet.
    package var outstanding: Int { unreported.load(ordering: .relaxed) }

    /// Copies a record into the queue. Never blocks; any thread.
    ///
    /// - Parameters:
    ///   - value: nil writes a tombstone, which is not an empty value.
    ///   - token: comes back in the delivery report.
    ///   - partition: nil lets the partitioner choose by the key, as Java's clients do.
    package func produce(
        topic: String, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = [], token: UInt64,
        partition: Int32? = nil
    ) -> ProduceOutcome {
        produce(topic: topic, key: key, value: value, token: token, partition: partition, headerCount: headers.count) {
            for header in headers { $0.add(header) }
        }
    }

    /// The same with headers that are written where they are needed, so that nothing has to hold them before.
    ///
    /// - Parameter headerCount: about how many; 0: none, and `addHeaders` is not called.
    package func produce(
        topic: String, key: [UInt8]?, value: [UInt8]?, token: UInt64, partition: Int32? = nil, headerCount: Int,
        addHeaders: (inout HeaderList) -> Void
    ) -> ProduceOutcome {
        guard let handle = unsafe topics.handle(topic, client) else {
            return .failed(KafkaFailure(rd_kafka_last_error()))
        }
        var list: OpaquePointer?
        if headerCount > 0 {
            var headers = HeaderList(count: headerCount)
            addHeaders(&headers)
            unsafe list = headers.take()
        }
        // Counted before, since the delivery may be drained before this call returns.
        unreported.add(1, ordering: .relaxed)
        let error = unsafe withBytes(key) { keyStart, keyCount in
            unsafe withBytes(value) { valueStart, valueCount in
                unsafe send(handle, partition, keyStart, keyCount, valueStart, valueCount, list, token)
            }
        }
        guard let error = unsafe error else { return .queued }
        // librdkafka takes the headers over only with the record.
        if let list = unsafe list { unsafe rd_kafka_headers_destroy(list) }
        unreported.subtract(1, ordering: .relaxed)
        let failure = unsafe KafkaFailure(consuming: error).cause(in: client)
        return failure.kind == .queueFull ? .full : .failed(failure)
    }

    private func send(
        _ topic: OpaquePointer, _ partition: Int32?, _ key: UnsafeMutableRawPointer?, _ keyCount: Int,
        _ value: UnsafeMutableRawPointer?, _ valueCount: Int, _ headers: OpaquePointer?, _ token: UInt64
    ) -> OpaquePointer? {
        unsafe withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 7) { fields in
            unsafe fields.initialize(repeating: rd_kafka_vu_t())
            unsafe fields[0].vtype = RD_KAFKA_VTYPE_RKT
            unsafe fields[0].u.rkt = topic
            unsafe fields[1].vtype = RD_KAFKA_VTYPE_PARTITION
            unsafe fields[1].u.i32 = partition ?? RD_KAFKA_PARTITION_UA
            unsafe fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS
            unsafe fields[2].u.i = RD_KAFKA_MSG_F_COPY
            unsafe fields[3].vtype = RD_KAFKA_VTYPE_KEY
            unsafe fields[3].u.mem.ptr = key
            unsafe fields[3].u.mem.size = keyCount
            unsafe fields[4].vtype = RD_KAFKA_VTYPE_VALUE
            unsafe fields[4].u.mem.ptr = value
            unsafe fields[4].u.mem.size = valueCount
            unsafe fields[5].vtype = RD_KAFKA_VTYPE_OPAQUE
            unsafe fields[5].u.ptr = UnsafeMutableRawPointer(bitPattern: UInt(token))
            unsafe fields[6].vtype = RD_KAFKA_VTYPE_HEADERS
            unsafe fields[6].u.headers = headers
            return unsafe rd_kafka_produceva(client, fields.baseAddress, headers == nil ? 6 : 7)
        }
    }

    /// Hands over every delivery that has come, in the order the brokers answered, and keeps other events for
    /// `nextEvent`. Never blocks. Returns how many there were.
    @discardableResult
    package func drainDeliveries(_ body: (DeliveryReport) -> Void) -> Int {
        var count = 0
        while let event = unsafe rd_kafka_queue_poll(queue, 0) {
            defer { unsafe rd_kafka_event_destroy(event) }
            switch unsafe rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR: unsafe count += deliver(event, body)
            case RD_KAFKA_EVENT_ERROR: unsafe waiting.append(.failure(KafkaFailure(event: event, of: client)))
            case RD_KAFKA_EVENT_LOG:
                guard let line = unsafe LogLine(event) else { break }
                waiting.append(.log(level: line.level, facility: line.facility, message: line.message))
            case RD_KAFKA_EVENT_STATS:
                guard let statistics = unsafe rd_kafka_event_stats(event) else { break }
                unsafe waiting.append(.statistics(String(cString: statistics)))
            default: break
            }
        }
        return count
    }

    private func deliver(_ event: OpaquePointer, _ body: (DeliveryReport) -> Void) -> Int {
        var count = 0
        while let message = unsafe rd_kafka_event_message_next(event) {
            let raw = unsafe message.pointee
            let failure = unsafe raw.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(raw.err)
            count += 1
            unsafe body(
                DeliveryReport(
                    token: UInt64(UInt(bitPattern: raw._private)), failure: failure, bytes: raw.len + raw.key_len,
                    partition: raw.partition, offset: raw.offset >= 0 ? raw.offset : nil,
                    returned: failure == nil || failure?.kind == .dropped ? nil : returned(message)))
        }
        unreported.subtract(count, ordering: .relaxed)
        return count
    }

    private func returned(_ message: UnsafePointer<rd_kafka_message_t>) -> ReturnedRecord {
        unsafe ReturnedRecord(
            topic: String(cString: rd_kafka_topic_name(message.pointee.rkt)),
            record: KafkaRecord(copying: UnsafeMutablePointer(mutating: message)))
    }

    /// What `drainDeliveries` met besides deliveries, first in first out; of more than 1000 the oldest are dropped.
    package func nextEvent() -> ProducerEvent? { waiting.next() }

    /// Sends what lingers and waits up to `timeoutMs` for answers, handing over what comes.
    ///
    /// Returns true once nothing is outstanding. Blocks at most about `timeoutMs`.
    package func flushStep(timeoutMs: Int32, _ body: (DeliveryReport) -> Void) -> Bool {
        drainDeliveries(body)
        guard outstanding > 0 else { return true }
        // With deliveries as events a flush ends only once they are drained: so it is done in short steps.
        _ = unsafe rd_kafka_flush(client, timeoutMs)
        drainDeliveries(body)
        return outstanding == 0
    }

    /// Drops everything that is queued or on its way; each record is reported with a failure of kind `dropped`.
    package func purge() {
        _ = unsafe rd_kafka_purge(
            client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    /// Ends every thread of the client. What is still queued is dropped.
    ///
    /// - Parameter patienceMs: how long the threads are waited for.
    /// - Returns: false where one does not end: the client keeps its threads until the process ends.
    @discardableResult
    package func destroy(patienceMs: Int32 = BoundedDestroy.patienceMs) -> Bool {
        guard !isDestroyed else { return true }
        isDestroyed = true
        unsafe rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
        unsafe rd_kafka_queue_destroy(queue)
        topics.destroy()
        return unsafe BoundedDestroy.run(client, isPurged: true, patienceMs: patienceMs)
    }

    /// Gives the client up as it is, since a thread that does not end may still be using it. It only writes the wake
    /// descriptor no more, whose number will be another's.
    package func abandon() {
        isDestroyed = true
        unsafe rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
    }
}
