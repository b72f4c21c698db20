import Kafka
import Messages
import Worker

/// What the nodes say in their metrics events of the partitions they have.
struct NodeWord {
    /// So many of the last events of each partition of the metrics topic are read where their time cannot be asked for.
    private static let depth: Int64 = 500
    /// Events are read from so long ago on: other kinds may come many a second.
    private static let windowMs: Int64 = 60_000

    private(set) var holders: [Int32: PartitionHolder] = [:]
    /// When each node last said how it is.
    private(set) var lastWords: [String: Timestamp] = [:]
    /// Who said that not longer ago than three of its intervals.
    private(set) var present: Set<String> = []

    /// Takes an event; the later of two that speak of a partition counts.
    mutating func take(_ event: JSONValue, at now: Timestamp) {
        guard event["event"]?.string == MetricsEvent.Kind.interval.rawValue, let node = event["node"]?.string,
            let time = event["time"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
            let interval = event["interval_ms"]?.integer
        else { return }
        lastWords[node] = max(time, lastWords[node] ?? time)
        guard now.milliseconds(since: time) < Int64(clamping: 3 * max(0, interval)) else { return }
        present.insert(node)
        // What it had and has no more is another's, who says so himself.
        for (partition, holder) in holders where holder.node == node { holders[partition] = nil }
        for partition in event["partitions"]?.elements?.compactMap(\.integer) ?? [] {
            holders[Int32(clamping: partition)] = PartitionHolder("not_taken", node: node)
        }
        for blocked in event["blocked"]?.elements ?? [] {
            guard let partition = blocked["partition"]?.integer, let offset = blocked["offset"]?.integer,
                let state = blocked["state"]?.string
            else { continue }
            holders[Int32(clamping: partition)] = PartitionHolder(
                state, node: node, slot: blocked["slot"]?.integer, offset: Int64(offset))
        }
    }

    /// How it stands with an offset, by what the nodes say and by what the group's coordinator knows of its members.
    func holder(of partition: Int32, at offset: Int64, _ group: GroupDescription?) -> PartitionHolder {
        if let said = holders[partition] {
            if said.offset == offset || said.offset == nil { return said }
            // It spoke of an offset that is done by now; of this one it has not spoken yet.
            var holder = PartitionHolder("unknown", node: said.node)
            holder.silentSince = said.node.flatMap { lastWords[$0] }
            return holder
        }
        // Those who speak do not have it. Whether somebody has who does not speak, the coordinator knows.
        let member = group?.members.first { $0.partitions.contains(partition) }
        if let group, group.isSettled, member == nil { return PartitionHolder("not_taken") }
        if group == nil, !present.isEmpty { return PartitionHolder("not_taken") }
        var holder = PartitionHolder("unknown")
        holder.host = member?.host
        holder.silentSince = lastWords.filter { !present.contains($0.key) }.values.max()
        return holder
    }

    /// Asks the metrics topic. Where it cannot be read nobody says anything, and the lag is the same.
    static func ask(_ connection: KafkaConnection) -> NodeWord {
        var found = NodeWord()
        let now = Timestamp.now()
        do throws(CommandFailure) {
            let starts = try starts(connection, from: now.milliseconds - windowMs)
            guard !starts.isEmpty else { return found }
            let scan = TopicScan(
                connection: connection, topic: connection.topics.metrics, start: .offsets(starts), timeout: .seconds(5))
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

    /// Where the last minute begins, or where the last events do: where none is that young, or the brokers cannot say.
    private static func starts(
        _ connection: KafkaConnection, from time: Int64
    ) throws(CommandFailure) -> [Int32: Int64] {
        let topic = try connection.topic(connection.topics.metrics)
        let led = topic.partitions.filter { !topic.withoutLeader.contains($0) }
        return try connection.withAdmin("ask for the end of \(topic.name)") { admin throws(KafkaFailure) in
            let ends = try admin.endOffsets(topic: topic.name, partitions: led).filter { $0.value > 0 }
            let recent = try admin.offsets(topic: topic.name, partitions: Array(ends.keys), at: time)
            var starts: [Int32: Int64] = [:]
            for (partition, end) in ends { starts[partition] = min(recent[partition] ?? end, max(0, end - depth)) }
            return starts
        }
    }
}
