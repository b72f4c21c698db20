import Configuration
import Kafka
import Messages
import Worker

extension GroupLag {
    /// How long one request may take.
    private static let patienceMs: Int32 = 10_000

    static func ask(_ connection: KafkaConnection, _ topic: TopicDescription) throws(CommandFailure) -> GroupLag {
        let group = connection.configuration.kafka.groupId
        let led = topic.partitions.filter { !topic.withoutLeader.contains($0) }
        let (committed, marks) = try connection.withGroupObserver("ask for the offsets of \(topic.name)") {
            observer throws(KafkaFailure) in
            (
                try observer.committed(topic: topic.name, partitions: topic.partitions, timeoutMs: patienceMs),
                try observer.watermarks(topic: topic.name, partitions: led, timeoutMs: patienceMs)
            )
        }
        let (stable, members) = try connection.withAdmin("ask for the end of \(topic.name)") {
            admin throws(KafkaFailure) in
            (
                // A broker answers what the asking client would be given to read, and this one is like the nodes.
                try admin.endOffsets(topic: topic.name, partitions: led),
                // What it says is welcome; the lag is the same without.
                admin.isEmbeddedBroker() ? nil : try? admin.describe(group: group, topic: topic.name, timeoutMs: 5000)
            )
        }
        if let failure = committed.compactMap(\.failure).first {
            throw CommandFailure(failure, "ask for the offsets of \(topic.name)")
        }
        let readsAll = connection.clients.readsUncommitted
        let partitions = topic.partitions.map { number in
            let extent = marks[number].map { marks in
                let end = readsAll ? marks.high : min(marks.high, stable[number] ?? marks.high)
                return PartitionExtent(marks: marks, stableEnd: end)
            }
            return Partition(
                number: number, committed: committed.first { $0.partition == number }?.nextOffset, extent: extent)
        }
        var lag = GroupLag(group: group, topic: topic.name, partitions: partitions, members: members)
        if lag.total > 0 { try lag.findBlockers(connection) }
        return lag
    }

    /// Reads the requests that stand at the lowest offsets, and what the nodes say of them.
    private mutating func findBlockers(_ connection: KafkaConnection) throws(CommandFailure) {
        let said = NodeWord.ask(connection)
        var starts: [Int32: Int64] = [:]
        for partition in partitions {
            guard let start = partition.start, let extent = partition.extent, start < extent.stableEnd else { continue }
            // A node is ahead of what it has committed.
            starts[partition.number] = max(start, said.holders[partition.number]?.offset ?? 0)
        }
        let requests = try Self.records(at: starts, of: topic, connection)
        for index in partitions.indices {
            let number = partitions[index].number
            guard let offset = starts[number], let extent = partitions[index].extent, offset < extent.stableEnd else {
                continue
            }
            let record = requests[number]
            let (id, strategy) = Self.names(of: record)
            partitions[index].blockedBy = PartitionBlocker(
                requestID: id, strategy: strategy, submittedAt: record?.timestampMs.map { Timestamp(milliseconds: $0) },
                holder: said.holder(of: number, at: offset, members), offset: record?.offset ?? offset)
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
        guard !starts.isEmpty else { return [:] }
        var found: [Int32: KafkaRecord] = [:]
        let scan = TopicScan(connection: connection, topic: topic, start: .offsets(starts), timeout: .seconds(5))
        _ = try scan.run { event in
            if case .record(let record) = event, found[record.partition] == nil { found[record.partition] = record }
            return found.count < starts.count
        }
        return found
    }
}
