import Kafka
import Messages

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
    /// How the request came out, by the result that this is; of a dead letter it says nothing.
    var status: ResultStatus

    /// What the delivery report hands back.
    var deliveryToken: UInt64 {
        let number = ResultStatus.allCases.firstIndex(of: status) ?? 0
        return token << 5 | UInt64(number) << 2 | part.rawValue
    }

    static func split(deliveryToken: UInt64) -> (token: UInt64, part: Part, status: ResultStatus) {
        let number = Int(deliveryToken >> 2 & 7)
        let statuses = ResultStatus.allCases
        return (
            deliveryToken >> 5, Part(rawValue: deliveryToken & 3) ?? .result,
            statuses.indices.contains(number) ? statuses[number] : .failed
        )
    }
}
