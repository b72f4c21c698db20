internal import CRdKafka

/// A partition of a topic as the cluster describes it.
package struct PartitionState: Sendable, Equatable {
    package let partition: Int32
    /// nil: it has none at the moment, and can be neither read nor written.
    package let leader: Int32?
    /// How many copies it should have.
    package let replicas: Int
    /// How many of them are in step with the leader.
    package let inSync: Int

    package init(partition: Int32, leader: Int32?, replicas: Int, inSync: Int) {
        self.partition = partition
        self.leader = leader
        self.replicas = replicas
        self.inSync = inSync
    }
}

/// A topic as the cluster describes it now.
package struct TopicState: Sendable, Equatable {
    /// In order.
    package let partitions: [PartitionState]
    /// The numbers of all brokers that the cluster counts as alive.
    package let brokers: Set<Int>

    package init(partitions: [PartitionState], brokers: Set<Int>) {
        self.partitions = partitions
        self.brokers = brokers
    }

    /// Those of `wanted` that have a leader, by it.
    package func byLeader(_ wanted: Set<Int32>) -> [[Int32]] {
        let led = partitions.filter { wanted.contains($0.partition) && $0.leader != nil }
        return Dictionary(grouping: led) { $0.leader }.values.map { $0.map(\.partition) }
    }
}

extension AdminClient {
    /// One topic, and the brokers. Blocks up to `timeoutMs`.
    /// - Throws: `KafkaFailure` where no broker answers, or of the topic itself.
    package func describe(topic: String, timeoutMs: Int32) throws(KafkaFailure) -> TopicState {
        guard let handle = unsafe rd_kafka_topic_new(client, topic, nil) else {
            throw KafkaFailure(rd_kafka_last_error())
        }
        defer { unsafe rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = unsafe rd_kafka_metadata(client, 0, handle, &answer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer = unsafe answer else { throw KafkaFailure(code) }
        defer { unsafe rd_kafka_metadata_destroy(answer) }
        let topics = unsafe UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt))
        guard let found = unsafe topics.first else { throw KafkaFailure(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) }
        guard unsafe found.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw unsafe KafkaFailure(found.err) }
        let list = unsafe UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt))
        let partitions = unsafe list.map { partition in
            unsafe PartitionState(
                partition: partition.id, leader: partition.leader >= 0 ? partition.leader : nil,
                replicas: Int(partition.replica_cnt), inSync: Int(partition.isr_cnt))
        }
        let brokers = unsafe UnsafeBufferPointer(start: answer.pointee.brokers, count: Int(answer.pointee.broker_cnt))
        return TopicState(
            partitions: partitions.sorted { $0.partition < $1.partition },
            brokers: unsafe Set(brokers.map { unsafe Int($0.id) }))
    }
}
