internal import CRdKafka
package import Scheduling
internal import Synchronization
internal import System

/// Asks a cluster and creates topics, without joining a group and without making a broker create anything by itself.
///
/// Safety: the handle is constant and every call of librdkafka's used here is allowed on any thread; each call waits
/// on a queue of its own. The owner calls `close` once, when nobody else uses the client any more.
@safe
package final class AdminClient: @unchecked Sendable {
    let client: OpaquePointer
    private let properties: ClientProperties
    private let failures = Mutex(BrokerFailures())
    private var isClosed = false
    /// When a group's coordinator first did not answer in time.
    private let unansweredSince = Mutex<MonotonicTime?>(nil)
    /// Who was asked as a group's coordinator is not: as long as he is there librdkafka goes on asking him.
    private let isMisled = Atomic(false)

    /// - Parameter properties: `ClientProperties.admin`, or `ClientProperties.groupObserver` for one who asks for a
    ///   group's offsets over and over.
    /// - Throws: `KafkaFailure` of kind `configuration` naming the property, or what librdkafka says.
    package init(_ properties: ClientProperties) throws(KafkaFailure) {
        self.properties = properties
        let settings = try ClientSettings(properties)
        settings.nameCertificateErrors()
        unsafe client = try unsafe settings.makeClient(
            properties.role == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
            events: RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
        unsafe rd_kafka_set_log_queue(client, nil)
    }

    deinit {
        assert(isClosed, "an AdminClient is closed by its owner")
    }

    func noteMisled() { isMisled.store(true, ordering: .relaxed) }

    /// Whether a question to a coordinator was not answered in time.
    package var hasOpenQuestion: Bool { unansweredSince.withLock { $0 != nil } }

    /// A coordinator did not answer so long ago, or has moved, that this client is to be closed, and another made.
    package func isSpent(at now: MonotonicTime) -> Bool {
        if isMisled.load(ordering: .relaxed) { return true }
        return unansweredSince.withLock { since in
            since.map { now.milliseconds(since: $0) >= CoordinatorQuestions.mostAgeMs } ?? false
        }
    }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        // Nobody has joined a group with it: there is none to leave.
        unsafe BoundedDestroy.run(client, flags: RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// Why the cluster does not answer: a call's failure, with what the connections to the brokers have met so far.
    package func explain(_ failure: KafkaFailure) -> KafkaFailure {
        drainEvents()
        return failures.withLock { $0.explain(failure) }
    }

    /// Takes what the client has to say, of which the last failure of each broker is kept. Who never calls `explain` calls
    /// this now and then.
    package func drainEvents() {
        let queue = unsafe rd_kafka_queue_get_main(client)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        failures.withLock { failures in
            while let event = unsafe rd_kafka_queue_poll(queue, 0) {
                defer { unsafe rd_kafka_event_destroy(event) }
                if unsafe rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR {
                    unsafe failures.note(KafkaFailure(event: event, of: client))
                } else if let line = unsafe LogLine(event) {
                    failures.note(line)
                }
            }
        }
    }

    /// The properties of a client like this one that asks one broker first.
    func properties(askingFirst broker: String) throws(KafkaFailure) -> ClientProperties {
        try ClientProperties(
            role: .producer, defaults: properties.properties, overrides: [.init("bootstrap.servers", broker)])
    }

    /// Puts an admin request to the cluster, and waits for the one event that answers it.
    ///
    /// - Parameters:
    ///   - isOfCoordinator: a group's coordinator is asked (`CoordinatorQuestions`).
    ///   - request: makes it, with these options, to be answered in this queue.
    /// - Returns: the event; the caller destroys it.
    /// - Throws: the request's own failure; per-topic failures are in the event.
    func ask(
        _ operation: rd_kafka_admin_op_t, ofCoordinator isOfCoordinator: Bool = false, timeoutMs: Int32,
        _ request: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void
    ) throws(KafkaFailure) -> OpaquePointer {
        let options = unsafe rd_kafka_AdminOptions_new(client, operation)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        let requestMs = isOfCoordinator ? CoordinatorQuestions.requestMs : timeoutMs
        _ = unsafe rd_kafka_AdminOptions_set_request_timeout(options, requestMs, nil, 0)
        _ = unsafe rd_kafka_AdminOptions_set_operation_timeout(options, timeoutMs, nil, 0)
        let queue: OpaquePointer = unsafe rd_kafka_queue_new(client)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        unsafe request(options, queue)
        // librdkafka answers by itself at the request's timeout; the margin only guards against waiting for ever.
        guard let event = unsafe rd_kafka_queue_poll(queue, isOfCoordinator ? timeoutMs : timeoutMs + 5000) else {
            if isOfCoordinator { unansweredSince.withLock { $0 = $0 ?? .now() } }
            throw KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        let code = unsafe rd_kafka_event_error(event)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return unsafe event }
        let reason = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
        unsafe rd_kafka_event_destroy(event)
        throw KafkaFailure(code, reason: reason)
    }

    /// Settings of a client that may look at a group's offsets: the same, with the group's name. It never joins.
    func groupProperties(_ groupID: String) throws(KafkaFailure) -> ClientProperties {
        let defaults =
            properties.properties + [
                .init("group.id", groupID), .init("enable.auto.commit", "false"),
            ]
        return try ClientProperties(role: .consumer, defaults: defaults, overrides: [])
    }
}
