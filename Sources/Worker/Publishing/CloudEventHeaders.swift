import Kafka
import Messages
import Synchronization

/// CloudEvents 1.0 attributes as Kafka headers.
final class CloudEventHeaders: Sendable {
    private let type = KafkaHeader("ce_type", "optimizer.result.v1")
    private let version = KafkaHeader("ce_specversion", "1.0")
    private let source: KafkaHeader
    private let idPrefix: [UInt8]
    /// Written once for all results of a millisecond.
    private let time = Mutex(
        (at: Timestamp(milliseconds: 0), header: CloudEventHeaders.time(Timestamp(milliseconds: 0))))

    init(node: String, idPrefix: String) {
        source = KafkaHeader("ce_source", "/optimizer/\(node)")
        self.idPrefix = Array(idPrefix.utf8)
    }

    /// The id is made from where the request stands, so that a consumer sees a result published twice as one.
    func headers(partition: Int32, offset: Int64) -> [KafkaHeader] {
        var id = idPrefix
        id.reserveCapacity(id.count + 32)
        for part in [Int(partition), Int(offset)] {
            id.append(UInt8(ascii: "/"))
            id.append(decimal: part)
        }
        return [KafkaHeader(name: "ce_id", value: id), type, source, version, timeHeader(at: .now())]
    }

    private func timeHeader(at now: Timestamp) -> KafkaHeader {
        time.withLock { time in
            if time.at != now { time = (now, Self.time(now)) }
            return time.header
        }
    }

    private static func time(_ time: Timestamp) -> KafkaHeader {
        KafkaHeader(name: "ce_time", value: time.rfc3339Bytes)
    }
}
