internal import CRdKafka

/// What follows from a record's not having been taken.
package enum Undelivered: Sendable, Equatable {
    /// We dropped it ourselves.
    case dropped
    /// Nobody has refused it: it is sent again.
    case again
    /// It is refused for what it is: with others in its batch, it or one of them.
    case refused
    /// The same, for the size: its own or its batch's.
    case tooLarge
    /// The next record would be refused as well, and this one sent again too: the node cannot go on.
    case hopeless
}

extension KafkaFailure {
    /// The one place that decides whether a record that was not taken costs itself or ends the node.
    package var undelivered: Undelivered {
        switch kind {
        // A purge at the node's end: the request stays not done.
        case .dropped: .dropped
        // Larger than its topic, its broker or librdkafka takes; others are not.
        case .tooLarge: .tooLarge
        // A broker looks at each record: no key for a compacted topic, a time it does not take, a schema it does not
        // fit. Older brokers say "corrupt" (INVALID_MSG) for all of that, and librdkafka does not try it again.
        case .permanent where Self.recordCodes.contains(code), .transient where Self.recordCodes.contains(code):
            .refused
        // librdkafka gives up by itself only where it is told to (`message.timeout.ms`, `retries`).
        case .transient, .handshake, .membership, .queueFull: .again
        // Another client has taken this one's place, or this one can go on no more.
        case .fenced, .fatal: .hopeless
        // The topic is not ours to write to, or not there: true for every record until somebody changes that.
        case .authorization, .missing: .hopeless
        // Unknown, or of our own making. Going on could lose one result after the other; the end loses none.
        case .configuration, .exists, .permanent: .hopeless
        }
    }

    private static let recordCodes = Set(
        [
            RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR__BAD_MSG,
        ].map(\.rawValue))
}
