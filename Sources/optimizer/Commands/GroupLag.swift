import Configuration
import Kafka
import Messages

/// How far a group is behind in one topic.
struct GroupLag {
    struct Partition {
        let number: Int32
        /// nil: nothing has been committed.
        let committed: Int64?
        let end: Int64
        /// Of the records that are still there.
        let lag: Int64
        /// The request at the lowest offset that is not done; nil where there is no lag.
        var blockedBy: PartitionBlocker?
    }

    let group: String
    let topic: String
    private(set) var partitions: [Partition]

    var total: Int { Int(clamping: partitions.reduce(0) { $0 + $1.lag }) }

    static func ask(_ connection: KafkaConnection, _ topic: TopicDescription) throws(CommandFailure) -> GroupLag {
        let group = connection.configuration.kafka.groupId
        let partitions = try connection.withAdmin("ask for the offsets of \(topic.name)") {
            admin throws(KafkaFailure) in
            let committed = try admin.committed(group: group, topic: topic.name, partitions: topic.partitions)
            return try topic.partitions.map { number throws(KafkaFailure) in
                let found = committed.first { $0.partition == number }
                if let failure = found?.failure { throw failure }
                let marks = try admin.watermarks(topic: topic.name, partition: number)
                // What lies below the low watermark has gone and cannot be run any more.
                let next = max(found?.nextOffset ?? marks.low, marks.low)
                return Partition(
                    number: number, committed: found?.nextOffset, end: marks.high, lag: max(0, marks.high - next))
            }
        }
        var lag = GroupLag(group: group, topic: topic.name, partitions: partitions)
        if lag.total > 0 { try lag.findBlockers(connection) }
        return lag
    }

    /// Reads the requests that stand at the lowest offsets, and what the nodes say of them.
    private mutating func findBlockers(_ connection: KafkaConnection) throws(CommandFailure) {
        let said = BlockedPartitions.ask(connection)
        var starts: [Int32: Int64] = [:]
        for partition in partitions where partition.lag > 0 {
            // A node is ahead of what it has committed.
            starts[partition.number] = max(
                partition.end - partition.lag, said.holders[partition.number]?.offset ?? 0)
        }
        let requests = try Self.records(at: starts, of: topic, connection)
        for index in partitions.indices {
            let number = partitions[index].number
            guard let offset = starts[number], offset < partitions[index].end else { continue }
            var holder = said.holders[number] ?? BlockedPartitions.Holder()
            // What it said of an offset that is done by now is said no more.
            if holder.offset != offset { holder = BlockedPartitions.Holder(node: holder.node) }
            let record = requests[number]
            let (id, strategy) = Self.names(of: record)
            partitions[index].blockedBy = PartitionBlocker(
                requestID: id, strategy: strategy, submittedAt: record?.timestampMs.map { Timestamp(milliseconds: $0) },
                holder: holder, offset: record?.offset ?? offset)
        }
    }

    private static func names(of record: KafkaRecord?) -> (id: String?, strategy: String?) {
        guard let value = record?.value else { return (nil, nil) }
        do throws(UnreadableRequest) {
            let request = try StrategyRequest.parse(value)
            return (request.requestID, request.strategy)
        } catch {
            return (error.requestID, error.strategy)
        }
    }

    /// The first record of each partition from an offset on.
    private static func records(
        at starts: [Int32: Int64], of topic: String, _ connection: KafkaConnection
    ) throws(CommandFailure) -> [Int32: KafkaRecord] {
        var found: [Int32: KafkaRecord] = [:]
        let scan = TopicScan(connection: connection, topic: topic, start: .offsets(starts), timeout: .seconds(5))
        _ = try scan.run { event in
            if case .record(let record) = event, found[record.partition] == nil { found[record.partition] = record }
            return found.count < starts.count
        }
        return found
    }

    var lines: [String] {
        let rows = partitions.map {
            [
                topic, String($0.number), $0.committed.map(String.init) ?? "-", String($0.end), String($0.lag),
                $0.blockedBy?.text ?? "",
            ]
        }
        return Table.lines(
            [
                .left("TOPIC"), .right("PARTITION"), .right("COMMITTED"), .right("END"), .right("LAG"),
                .left("BLOCKED BY"),
            ],
            rows + [["total", "", "", "", String(total), ""]])
    }

    var json: String {
        let list = partitions.map { partition in
            JSONValue.object([
                JSONMember("partition", .integer(Int(partition.number))),
                JSONMember("committed", partition.committed.map { .integer(Int($0)) } ?? .null),
                JSONMember("end", .integer(Int(partition.end))), JSONMember("lag", .integer(Int(partition.lag))),
                JSONMember("blocked_by", partition.blockedBy?.json ?? .null),
            ])
        }
        return JSONValue.object([
            JSONMember("group", .string(group)), JSONMember("topic", .string(topic)),
            JSONMember("total_lag", .integer(total)), JSONMember("partitions", .array(list)),
        ]).text
    }
}
