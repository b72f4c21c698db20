internal import CRdKafka

/// Makes librdkafka add one to an eventfd when a queue that was polled empty gets something.
func wake(_ descriptor: Int32, on queue: OpaquePointer) {
    var one: UInt64 = 1
    unsafe rd_kafka_queue_io_event_enable(queue, descriptor, &one, MemoryLayout<UInt64>.size)
}

/// Events that were made here or came together with others, first in first out. Over its limit the oldest is dropped.
struct EventBacklog<Event> {
    private let limit: Int
    private var events: [Event] = []

    init(limit: Int = .max) { self.limit = limit }

    mutating func append(_ event: Event) {
        if events.count >= limit { events.removeFirst() }
        events.append(event)
    }

    mutating func next() -> Event? { events.isEmpty ? nil : events.removeFirst() }
}

/// A line of librdkafka's log, taken from its event.
struct LogLine {
    let level: Int32
    let facility: String
    let message: String

    init(level: Int32, facility: String, message: String) {
        self.level = level
        self.facility = facility
        self.message = message
    }

    init?(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var message: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard unsafe rd_kafka_event_log(event, &facility, &message, &level) == 0, let facility = unsafe facility,
            let message = unsafe message
        else {
            return nil
        }
        self.level = level
        self.facility = unsafe String(cString: facility)
        self.message = unsafe String(cString: message)
    }
}

extension KafkaFailure {
    /// The failure an error event carries. A fatal one is asked for its cause, which says what to do.
    init(event: OpaquePointer, of client: OpaquePointer) {
        let reason = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
        self = unsafe KafkaFailure(rd_kafka_event_error(event), reason: reason).cause(in: client)
    }

    /// "Fatal" is only a mark: the client knows what it was. Anything else is its own cause.
    func cause(in client: OpaquePointer) -> KafkaFailure {
        guard code == RD_KAFKA_RESP_ERR__FATAL.rawValue else { return self }
        var reason = [CChar](repeating: 0, count: 512)
        let cause = unsafe KafkaFailure(rd_kafka_fatal_error(client, &reason, reason.count), reason: text(reason))
        return KafkaFailure(
            code: cause.code, name: cause.name, reason: cause.reason, kind: cause.kind == .fenced ? .fenced : .fatal)
    }
}
