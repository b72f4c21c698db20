internal import CRdKafka

/// What its coordinator says of a group.
package struct GroupDescription: Sendable, Equatable {
    /// A member, and what it has been given of one topic.
    package struct Member: Sendable, Equatable {
        /// Its address, as the coordinator sees it.
        package let host: String
        /// nil: a dynamic member.
        package let instanceID: String?
        package let partitions: [Int32]

        package init(host: String, instanceID: String?, partitions: [Int32]) {
            self.host = host
            self.instanceID = instanceID
            self.partitions = partitions
        }
    }

    /// False: it has no members and has committed nothing.
    package let exists: Bool
    /// False while members join or leave: then nobody knows yet who has what.
    package let isSettled: Bool
    package let members: [Member]

    /// The topic's partitions that some member reads.
    package var partitions: Set<Int32> { Set(members.flatMap(\.partitions)) }

    package init(exists: Bool, isSettled: Bool, members: [Member]) {
        self.exists = exists
        self.isSettled = isSettled
        self.members = members
    }
}

extension AdminClient {
    /// Asks a group's coordinator for its members and what each has of a topic. Blocks up to about `timeoutMs`.
    ///
    /// Not for the embedded broker: it does not know the request, and librdkafka 2.0.2 then locks itself up when the client
    /// is destroyed.
    /// - Throws: `KafkaFailure` where nobody answers or this principal may not look.
    package func describe(
        group: String, topic: String, timeoutMs: Int32 = 10_000
    ) throws(KafkaFailure) -> GroupDescription {
        do throws(KafkaFailure) {
            return try ask(group: group, topic: topic, timeoutMs: timeoutMs)
        } catch {
            if error.code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR.rawValue { noteMisled() }
            throw error
        }
    }

    private func ask(
        group: String, topic: String, timeoutMs: Int32
    ) throws(KafkaFailure) -> GroupDescription {
        let event = try unsafe ask(
            RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, ofCoordinator: true, timeoutMs: timeoutMs
        ) { options, queue in
            unsafe group.withCString { name in
                var names: [UnsafePointer<CChar>?] = unsafe [name]
                unsafe rd_kafka_DescribeConsumerGroups(client, &names, names.count, options, queue)
            }
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var count = 0
        let groups = unsafe rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count)
        guard count > 0, let found = unsafe groups?[0] else { throw KafkaFailure(RD_KAFKA_RESP_ERR__FAIL) }
        if let error = unsafe rd_kafka_ConsumerGroupDescription_error(found) {
            let code = unsafe rd_kafka_error_code(error)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw unsafe KafkaFailure(code, reason: rd_kafka_error_string(error).map { unsafe String(cString: $0) })
            }
        }
        return unsafe describe(found, topic)
    }

    private static let settledStates = [
        RD_KAFKA_CONSUMER_GROUP_STATE_STABLE, RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY, RD_KAFKA_CONSUMER_GROUP_STATE_DEAD,
    ]

    private func describe(_ group: OpaquePointer, _ topic: String) -> GroupDescription {
        let state = unsafe rd_kafka_ConsumerGroupDescription_state(group)
        let members = unsafe (0..<rd_kafka_ConsumerGroupDescription_member_count(group)).compactMap { index in
            unsafe rd_kafka_ConsumerGroupDescription_member(group, index).map { unsafe member($0, topic) }
        }
        return GroupDescription(
            exists: state != RD_KAFKA_CONSUMER_GROUP_STATE_DEAD,
            isSettled: Self.settledStates.contains(state), members: members)
    }

    private func member(_ member: OpaquePointer, _ topic: String) -> GroupDescription.Member {
        var partitions: [Int32] = []
        if let assignment = unsafe rd_kafka_MemberDescription_assignment(member),
            let list = unsafe rd_kafka_MemberAssignment_partitions(assignment)
        {
            unsafe eachEntry(of: list) { entry in
                if let name = unsafe entry.topic, unsafe String(cString: name) == topic {
                    unsafe partitions.append(entry.partition)
                }
            }
        }
        // Brokers write an address as Java does, with a slash before it.
        let host = unsafe rd_kafka_MemberDescription_host(member).map { unsafe String(cString: $0) } ?? ""
        return unsafe GroupDescription.Member(
            host: host.hasPrefix("/") ? String(host.dropFirst()) : host,
            instanceID: rd_kafka_MemberDescription_group_instance_id(member).map { unsafe String(cString: $0) },
            partitions: partitions.sorted())
    }
}
