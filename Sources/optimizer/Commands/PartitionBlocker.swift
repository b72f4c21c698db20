import Messages
import Worker

/// What keeps a partition's committed offset where it is: its lowest request that is not done.
struct PartitionBlocker {
    /// nil: the record is no request, or is gone.
    let requestID: String?
    let strategy: String?
    let submittedAt: Timestamp?
    let holder: PartitionHolder
    let offset: Int64

    var text: String {
        let age = submittedAt.map { ", submitted \(self.age(of: $0).fixed(1)) s ago" } ?? ""
        return "offset \(offset): \(strategy ?? "?") \(holder.text)\(age), request \(requestID ?? "?")"
    }

    var json: JSONValue {
        .object([
            JSONMember("offset", .integer(Int(offset))),
            JSONMember("request_id", requestID.map { .string($0) } ?? .null),
            JSONMember("strategy", strategy.map { .string($0) } ?? .null),
            JSONMember("state", .string(holder.state)),
            JSONMember("node", holder.node.map { .string($0) } ?? .null),
            JSONMember("slot", holder.slot.map { .integer($0) } ?? .null),
            JSONMember("not_known_since", holder.silentSince.map { .string($0.rfc3339) } ?? .null),
            JSONMember("age_seconds", submittedAt.map { .number(age(of: $0)) } ?? .null),
        ])
    }

    private func age(of time: Timestamp) -> Double {
        max(0, Double((Timestamp.now().milliseconds - time.milliseconds) / 100) / 10)
    }
}

/// How it stands with a partition's lowest offset, and who says so.
struct PartitionHolder: Equatable {
    /// As the node that has the request says it; `not_taken`: the partition's node, or the group, says that it is still in
    /// Kafka; `unknown`: somebody may have it.
    var state: String
    /// nil: none that is known by name.
    var node: String?
    var slot: Int?
    /// The lowest offset that is not done, where it has been taken.
    var offset: Int64?
    /// The address of the member that has the partition, where its node is not known.
    var host: String?
    /// When the last word came of those who would know; nil: there was none, or they say it now.
    var silentSince: Timestamp?

    init(_ state: String, node: String? = nil, slot: Int? = nil, offset: Int64? = nil) {
        self.state = state
        self.node = node
        self.slot = slot
        self.offset = offset
    }

    var text: String {
        switch state {
        case "not_taken": return "not taken by " + (node ?? "any node")
        case "unknown":
            let silence = silentSince.map { "no metrics event since \($0.clock)" } ?? "no metrics event yet"
            let holder = node.map { "with \($0), " } ?? host.map { "with a node at \($0), " } ?? ""
            return "\(holder)how far is not known: \(silence)"
        default: return state + (slot.map { " in slot \($0)" } ?? "") + (node.map { " on \($0)" } ?? "")
        }
    }
}

extension Timestamp {
    /// Of the day, in UTC, as `12:03:04 UTC`; with its date where that is another day's.
    fileprivate var clock: String {
        let text = rfc3339
        let time = text.dropFirst(11).prefix(8) + " UTC"
        return text.prefix(10) == Timestamp.now().rfc3339.prefix(10) ? String(time) : "\(text.prefix(10)) \(time)"
    }
}
