import Kafka

/// One message on its way to a topic, and which request it is for.
struct OutgoingMessage: Sendable {
    /// What a message is for a request, which says when the request is done.
    enum Part: UInt64, Sendable {
        /// The only message: done when it is acknowledged.
        case result
        /// The result of a request that has a dead letter too: done when both are acknowledged.
        case resultOfTwo
        case deadLetter
    }

    var topic: String
    var key: [UInt8]?
    /// nil: the original was a tombstone.
    var value: [UInt8]?
    var headers: [KafkaHeader]
    var token: UInt64
    var part: Part

    /// What the delivery report hands back.
    var deliveryToken: UInt64 { token << 2 | part.rawValue }

    static func split(deliveryToken: UInt64) -> (token: UInt64, part: Part) {
        (deliveryToken >> 2, Part(rawValue: deliveryToken & 3) ?? .result)
    }
}
