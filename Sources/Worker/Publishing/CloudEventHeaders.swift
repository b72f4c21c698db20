import Messages
import Synchronization

/// CloudEvents 1.0 attributes as Kafka headers. They are written when a result is handed over, so that one that waits for
/// others holds none of them.
final class CloudEventHeaders: Sendable {
    /// One result.
    struct Event: Sendable {
        /// Where its request stands: the id is made of that, so that a consumer sees a result published twice as one.
        let partition: Int32
        let offset: Int64
        let time: Timestamp
    }

    private struct Written {
        /// The prefix, and behind it the place of the last event.
        var id: [UInt8]
        /// Written once for all results of a millisecond.
        var time = Timestamp(milliseconds: 0)
        var timeText = Timestamp(milliseconds: 0).rfc3339Bytes
    }

    static let count = 5
    private static let type = Array("optimizer.result.v1".utf8)
    private static let version = Array("1.0".utf8)
    private let source: [UInt8]
    private let prefixCount: Int
    private let written: Mutex<Written>

    init(node: String, idPrefix: String) {
        source = Array("/optimizer/\(node)".utf8)
        let prefix = Array(idPrefix.utf8)
        prefixCount = prefix.count
        written = Mutex(Written(id: prefix))
    }

    /// Hands out name and value of each.
    func write(_ event: Event, _ body: (StaticString, [UInt8]) -> Void) {
        written.withLock { written in
            written.id.removeLast(written.id.count - prefixCount)
            for part in [Int(event.partition), Int(event.offset)] {
                written.id.append(UInt8(ascii: "/"))
                written.id.append(decimal: part)
            }
            body("ce_id", written.id)
            body("ce_type", Self.type)
            body("ce_source", source)
            body("ce_specversion", Self.version)
            if written.time != event.time { (written.time, written.timeText) = (event.time, event.time.rfc3339Bytes) }
            body("ce_time", written.timeText)
        }
    }
}
