import Kafka
import Messages

/// How far a group is behind in one topic.
struct GroupLag {
    struct Partition {
        let number: Int32
        /// nil: nothing has been committed.
        let committed: Int64?
        /// nil: no broker leads the partition.
        let extent: PartitionExtent?
        /// The request at the lowest offset that is not done; nil where there is no lag.
        var blockedBy: PartitionBlocker?

        /// What a node that is given the partition runs of what is there; nil where nobody can say.
        var lag: Int64? { extent.map { $0.marks.toRead(from: committed) } }
        /// Where such a node begins.
        var start: Int64? { extent.map { $0.marks.start(committed: committed) } }
        /// Records behind the first transaction that is still open; 0 where nodes read those too.
        var behindTransaction: Int64 { extent.map { $0.marks.high - max($0.stableEnd, start ?? 0) } ?? 0 }
        /// Whether what is committed lies where there is nothing, so that all that is there is run.
        var isOutOfRange: Bool { committed.map { $0 != start ?? $0 } ?? false }
    }

    let group: String
    let topic: String
    var partitions: [Partition]
    /// nil: its coordinator does not say.
    let members: GroupDescription?

    /// Of the partitions that are known.
    var total: Int { Int(clamping: partitions.reduce(0) { $0 + ($1.lag ?? 0) }) }
    /// Partitions whose end nobody can say.
    var unknown: [Int32] { partitions.filter { $0.extent == nil }.map(\.number) }
    /// Nobody has ever committed for this group, and its coordinator does not know it.
    var isUnknownGroup: Bool { members?.exists == false && partitions.allSatisfy { $0.committed == nil } }

    var lines: [String] {
        let rows = partitions.map { partition in
            [
                topic, String(partition.number), partition.committed.map(String.init) ?? "-",
                partition.extent.map { String($0.marks.high) } ?? "?", partition.lag.map(String.init) ?? "?",
                remark(on: partition),
            ]
        }
        let total = (unknown.isEmpty ? "" : ">= ") + String(total)
        return Table.lines(
            [
                .left("TOPIC"), .right("PARTITION"), .right("COMMITTED"), .right("END"), .right("LAG"),
                .left("BLOCKED BY"),
            ],
            rows + [["total", "", "", "", total, ""]])
    }

    private func remark(on partition: Partition) -> String {
        guard let extent = partition.extent else { return "no broker leads this partition" }
        var remarks: [String] = []
        if let committed = partition.committed, partition.isOutOfRange {
            remarks.append(
                "offset \(committed) is not there any more (\(extent.marks.low) to \(extent.marks.high)): "
                    + "a node runs all that is there")
        }
        if let blocker = partition.blockedBy { remarks.append(blocker.text) }
        if partition.behindTransaction > 0 {
            remarks.append(
                "\(partition.behindTransaction) behind offset \(extent.stableEnd), where a transaction of their "
                    + "producer is open: they can be read when that ends")
        }
        return remarks.joined(separator: "; ")
    }

    var json: String {
        let list = partitions.map { partition in
            JSONValue.object([
                JSONMember("partition", .integer(Int(partition.number))),
                JSONMember("committed", .offset(partition.committed)),
                JSONMember("beginning", .offset(partition.extent?.marks.low)),
                JSONMember("end", .offset(partition.extent?.marks.high)),
                JSONMember("stable_end", .offset(partition.extent?.stableEnd)),
                JSONMember("lag", .offset(partition.lag)),
                JSONMember("out_of_range", .bool(partition.isOutOfRange)),
                JSONMember("blocked_by", partition.blockedBy?.json ?? .null),
            ])
        }
        return JSONValue.object([
            JSONMember("group", .string(group)), JSONMember("topic", .string(topic)),
            JSONMember("total_lag", .integer(total)),
            JSONMember("unknown_partitions", .array(unknown.map { .integer(Int($0)) })),
            JSONMember("members", members.map { .integer($0.members.count) } ?? .null),
            JSONMember("partitions", .array(list)),
        ]).text
    }
}

extension JSONValue {
    fileprivate static func offset(_ offset: Int64?) -> JSONValue { offset.map { .integer(Int($0)) } ?? .null }
}
