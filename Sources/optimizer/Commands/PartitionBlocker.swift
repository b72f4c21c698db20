import Kafka
import Messages
import Worker

/// What keeps a partition's committed offset where it is: its lowest request that is not done.
struct PartitionBlocker {
    /// nil: the record is no request, or is gone.
    let requestID: String?
    let strategy: String?
    let submittedAt: Timestamp?
    let holder: BlockedPartitions.Holder
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
            JSONMember("age_seconds", submittedAt.map { .number(age(of: $0)) } ?? .null),
        ])
    }

    private func age(of time: Timestamp) -> Double {
        max(0, Double((Timestamp.now().milliseconds - time.milliseconds) / 100) / 10)
    }
}

/// What the nodes say in the events of their last interval of the partitions they have.
struct BlockedPartitions {
    struct Holder {
        /// `not_taken`: it is still in Kafka as far as anybody says.
        var state = "not_taken"
        var node: String?
        var slot: Int?
        /// The lowest offset that is not done, where it has been taken.
        var offset: Int64?

        var text: String {
            guard state != "not_taken" else { return "not taken by " + (node ?? "any node") }
            return state + (slot.map { " in slot \($0)" } ?? "") + (node.map { " on \($0)" } ?? "")
        }
    }

    /// So many of the last events of each partition of the metrics topic are read.
    private static let depth: Int64 = 500

    private(set) var holders: [Int32: Holder] = [:]

    /// Takes an event; the later of two that speak of a partition counts.
    mutating func take(_ event: JSONValue, at now: Timestamp) {
        guard event["event"]?.string == MetricsEvent.Kind.interval.rawValue, let node = event["node"]?.string,
            let time = event["time"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
            let interval = event["interval_ms"]?.integer, now.milliseconds - time.milliseconds < Int64(3 * interval)
        else { return }
        // What it had and has no more is another's, who says so himself.
        for (partition, holder) in holders where holder.node == node { holders[partition] = nil }
        for partition in event["partitions"]?.elements?.compactMap(\.integer) ?? [] {
            holders[Int32(clamping: partition)] = Holder(node: node)
        }
        for blocked in event["blocked"]?.elements ?? [] {
            guard let partition = blocked["partition"]?.integer, let offset = blocked["offset"]?.integer,
                let state = blocked["state"]?.string
            else { continue }
            holders[Int32(clamping: partition)] = Holder(
                state: state, node: node, slot: blocked["slot"]?.integer, offset: Int64(offset))
        }
    }

    /// Asks the metrics topic. Where it cannot be read nobody says anything, and the lag is the same.
    static func ask(_ connection: KafkaConnection) -> BlockedPartitions {
        var found = BlockedPartitions()
        let topic = connection.topics.metrics
        let now = Timestamp.now()
        do throws(CommandFailure) {
            let partitions = try connection.topic(topic).partitions
            let ends = try connection.withAdmin("ask for the end of \(topic)") { admin throws(KafkaFailure) in
                try admin.endOffsets(topic: topic, partitions: partitions)
            }
            let starts = ends.filter { $0.value > 0 }.mapValues { max(0, $0 - depth) }
            let scan = TopicScan(
                connection: connection, topic: topic, start: .offsets(starts), timeout: .seconds(5))
            _ = try scan.run { event in
                if case .record(let record) = event, let value = record.value, let json = try? JSONValue.parse(value) {
                    found.take(json, at: now)
                }
                return true
            }
        } catch {
            Output.words("what the nodes say is not known: \(error.message)")
        }
        return found
    }
}
