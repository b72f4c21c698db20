/// What lay in the queues of partitions when they were paused, until it is handed out: by partition, in order.
struct KeptRecords<Record> {
    private struct Lane {
        var records: [(record: Record, bytes: Int)] = []
        /// Those before it have been handed out.
        var next = 0
        var bytes = 0
    }

    /// None of them is empty.
    private var lanes: [Int32: Lane] = [:]

    /// Of all partitions together.
    var bytes: Int { lanes.values.reduce(0) { $0 + $1.bytes } }
    var partitions: [Int32] { Array(lanes.keys) }

    func bytes(of partition: Int32) -> Int { lanes[partition]?.bytes ?? 0 }
    func first(of partition: Int32) -> Record? { lanes[partition].map { $0.records[$0.next].record } }

    /// - Parameter bytes: of the record.
    mutating func append(_ record: Record, bytes: Int, to partition: Int32) {
        lanes[partition, default: Lane()].records.append((record, bytes))
        lanes[partition]?.bytes += bytes
    }

    mutating func takeFirst(of partition: Int32) -> Record? {
        guard let (record, bytes) = lanes[partition].map({ $0.records[$0.next] }) else { return nil }
        lanes[partition]?.next += 1
        lanes[partition]?.bytes -= bytes
        if let lane = lanes[partition], lane.next == lane.records.count { lanes[partition] = nil }
        return record
    }

    /// Takes all that is left of a partition.
    mutating func takeAll(of partition: Int32) -> [Record] {
        guard let lane = lanes.removeValue(forKey: partition) else { return [] }
        return lane.records[lane.next...].map(\.record)
    }
}
