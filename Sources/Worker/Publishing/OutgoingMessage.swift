import Kafka
import Messages
import Scheduling

/// One message on its way to a topic, and which request it is for.
struct OutgoingMessage: Sendable {
    enum Headers: Sendable {
        case list([KafkaHeader])
        /// A result's own, and those of its request's that it carries again.
        case event(CloudEventHeaders, CloudEventHeaders.Event, echoed: [KafkaHeader])
    }

    var topic: String
    var key: [UInt8]?
    /// nil: the original was a tombstone.
    var value: [UInt8]?
    var headers: Headers
    var token: UInt64
    var part: MessagePart
    /// How the request came out, by the result that this is; of a dead letter it says nothing.
    var status: ResultStatus
    /// It came back from a batch, or replaces one that did: it gets a batch of its own.
    var isAlone = false

    /// Of key and value.
    var size: Int { (key?.count ?? 0) + (value?.count ?? 0) }

    /// What the delivery report hands back.
    var deliveryToken: UInt64 {
        token << 5 | UInt64(status.number) << 2 | part.rawValue
    }

    static func split(deliveryToken: UInt64) -> (token: UInt64, part: MessagePart, status: ResultStatus) {
        (
            deliveryToken >> 5, MessagePart(rawValue: deliveryToken & 3) ?? .result,
            ResultStatus(number: Int(deliveryToken >> 2 & 7)) ?? .failed
        )
    }
}

extension OutgoingMessage {
    /// A message that came back, to be sent again, by itself.
    init(_ returned: ReturnedRecord, deliveryToken: UInt64) {
        let (token, part, status) = Self.split(deliveryToken: deliveryToken)
        self.init(
            topic: returned.topic, key: returned.record.key, value: returned.record.value,
            headers: .list(returned.record.headers), token: token, part: part, status: status, isAlone: true)
    }
}

extension KafkaProducer {
    /// Hands a message over. Never blocks; any thread.
    func produce(_ message: OutgoingMessage) -> ProduceOutcome {
        produce(
            topic: message.topic, key: message.key, value: message.value, token: message.deliveryToken,
            headerCount: message.headers.count, addHeaders: message.headers.add(to:))
    }
}

extension OutgoingMessage.Headers {
    var count: Int {
        switch self {
        case .list(let headers): headers.count
        case .event(_, _, let echoed): CloudEventHeaders.count + echoed.count
        }
    }

    func add(to list: inout HeaderList) {
        switch self {
        case .list(let headers): for header in headers { list.add(header) }
        case .event(let attributes, let event, let echoed):
            attributes.write(event) { list.add($0, $1) }
            for header in echoed { list.add(header) }
        }
    }
}
