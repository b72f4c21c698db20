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
    }

    let group: String
    let topic: String
    let partitions: [Partition]

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
        return GroupLag(group: group, topic: topic.name, partitions: partitions)
    }

    var lines: [String] {
        let rows = partitions.map {
            [topic, String($0.number), $0.committed.map(String.init) ?? "-", String($0.end), String($0.lag)]
        }
        return Table.lines(
            [.left("TOPIC"), .right("PARTITION"), .right("COMMITTED"), .right("END"), .right("LAG")],
            rows + [["total", "", "", "", String(total)]])
    }

    var json: String {
        let list = partitions.map { partition in
            JSONValue.object([
                JSONMember("partition", .integer(Int(partition.number))),
                JSONMember("committed", partition.committed.map { .integer(Int($0)) } ?? .null),
                JSONMember("end", .integer(Int(partition.end))), JSONMember("lag", .integer(Int(partition.lag))),
            ])
        }
        return JSONValue.object([
            JSONMember("group", .string(group)), JSONMember("topic", .string(topic)),
            JSONMember("total_lag", .integer(total)), JSONMember("partitions", .array(list)),
        ]).text
    }
}
