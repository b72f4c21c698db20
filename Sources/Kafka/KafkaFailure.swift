internal import CRdKafka

/// What went wrong in Kafka or on the way to it.
package struct KafkaFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What a caller does about it.
    package enum Kind: String, Sendable, CaseIterable {
        /// librdkafka tries again by itself, or the same call may be made again later.
        case transient
        /// The group moved on without this member; librdkafka joins again by itself. What was sent is not done.
        case membership
        /// Another client has taken this one's place (static member, producer epoch). Only a restart helps.
        case fenced
        /// The client instance can not go on. Only a restart helps.
        case fatal
        /// A connection was given up while it was being secured. A certificate or a password may be wrong; or a broker,
        /// or what stands before it, went away at that moment. librdkafka connects again by itself.
        case handshake
        /// Access rules: a broker knows this principal and says no. Asking again gives the same answer.
        case authorization
        /// A topic or partition is not there.
        case missing
        /// What was to be created is there already.
        case exists
        /// This one record (or this one commit) is larger than what is taken.
        case tooLarge
        /// The local queue is full; there is room again once deliveries are drained.
        case queueFull
        /// A property is unknown, has a bad value, or would break a guarantee.
        case configuration
        /// The request was dropped by ourselves: purge or end of the client.
        case dropped
        /// Anything else the broker refuses for good.
        case permanent
    }

    /// librdkafka's number: negative is from the client, positive from a broker.
    package let code: Int32
    /// librdkafka's name for it, for example `TOPIC_AUTHORIZATION_FAILED`, `_ALL_BROKERS_DOWN`.
    package let name: String
    /// The sentence that goes with this very occurrence.
    package let reason: String
    package let kind: Kind

    package init(code: Int32, name: String, reason: String, kind: Kind) {
        self.code = code
        self.name = name
        self.reason = reason
        self.kind = kind
    }

    package var description: String { "\(name): \(reason)" }

    /// True where waiting is the right answer.
    package var isTemporary: Bool {
        switch kind {
        case .transient, .handshake, .membership, .queueFull: true
        default: false
        }
    }

    /// True where a connection was lost or cannot be made.
    package var isConnection: Bool {
        kind == .transient && ["_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "_TIMED_OUT"].contains(name)
    }
}

extension KafkaFailure {
    /// From one of librdkafka's codes. `reason` nil: librdkafka's own words for the code.
    init(_ code: rd_kafka_resp_err_t, reason: String? = nil) {
        let words = unsafe reason.flatMap { $0.isEmpty ? nil : $0 } ?? String(cString: rd_kafka_err2str(code))
        unsafe self.init(
            code: code.rawValue, name: String(cString: rd_kafka_err2name(code)), reason: words,
            kind: KafkaFailure.classify(code))
    }

    /// What is known of a code, without an occurrence.
    package static func known(_ code: Int32) -> KafkaFailure {
        KafkaFailure(rd_kafka_resp_err_t(rawValue: code))
    }

    /// Takes ownership of `error`.
    init(consuming error: OpaquePointer) {
        let code = unsafe rd_kafka_error_code(error)
        let reason = unsafe String(cString: rd_kafka_error_string(error))
        let isFatal = unsafe rd_kafka_error_is_fatal(error) != 0
        unsafe rd_kafka_error_destroy(error)
        let plain = KafkaFailure(code, reason: reason)
        let kind = isFatal && plain.kind != .fenced ? .fatal : plain.kind
        self.init(code: plain.code, name: plain.name, reason: plain.reason, kind: kind)
    }

    static let strayRecord = KafkaFailure(
        code: RD_KAFKA_RESP_ERR__INCONSISTENT.rawValue, name: "_INCONSISTENT",
        reason: "a record came by the consumer's own queue instead of its partition's", kind: .fatal)

    /// Another producer has this one's transactional id.
    package static func producerFenced(_ reason: String) -> KafkaFailure {
        KafkaFailure(
            code: RD_KAFKA_RESP_ERR__FENCED.rawValue, name: "_FENCED", reason: reason, kind: .fenced)
    }

    package static func invalid(_ reason: String) -> KafkaFailure {
        KafkaFailure(
            code: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue, name: "_INVALID_ARG", reason: reason, kind: .configuration)
    }
}
