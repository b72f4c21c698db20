internal import CRdKafka

extension AdminClient {
    /// A setting of topics, by topic; those that may not be looked at are left out. Blocks up to about `timeoutMs`.
    /// - Throws: `KafkaFailure` where the request as a whole fails.
    package func setting(
        _ setting: String, of topics: [String], timeoutMs: Int32 = 5000
    ) throws(KafkaFailure) -> [String: String] {
        try settings(of: topics, timeoutMs: timeoutMs).compactMapValues { $0[setting] }
    }

    /// All settings of topics, by topic and name; topics that may not be looked at are left out. Blocks up to about
    /// `timeoutMs`.
    /// - Throws: `KafkaFailure` where the request as a whole fails.
    package func settings(
        of topics: [String], timeoutMs: Int32 = 5000
    ) throws(KafkaFailure) -> [String: [String: String]] {
        try settings(RD_KAFKA_RESOURCE_TOPIC, of: topics, timeoutMs)
    }

    /// How many copies a topic gets where nothing is said; nil where this broker does not say, or may not be asked.
    package func defaultReplicas(broker: Int32, timeoutMs: Int32 = 5000) -> Int? {
        let name = String(broker)
        let found = try? settings(RD_KAFKA_RESOURCE_BROKER, of: [name], timeoutMs)
        return found?[name]?["default.replication.factor"].flatMap { Int($0) }
    }

    private func settings(
        _ kind: rd_kafka_ResourceType_t, of names: [String], _ timeoutMs: Int32
    ) throws(KafkaFailure) -> [String: [String: String]] {
        var requests: [OpaquePointer?] = unsafe names.map { unsafe rd_kafka_ConfigResource_new(kind, $0) }
        defer { for index in unsafe requests.indices { unsafe rd_kafka_ConfigResource_destroy(requests[index]) } }
        let event = try unsafe ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeoutMs: timeoutMs) { options, queue in
            unsafe rd_kafka_DescribeConfigs(client, &requests, requests.count, options, queue)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var count = 0
        let list = unsafe rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count)
        var found: [String: [String: String]] = [:]
        for index in 0..<count {
            guard let resource = unsafe list?[index],
                unsafe rd_kafka_ConfigResource_error(resource) == RD_KAFKA_RESP_ERR_NO_ERROR
            else { continue }
            unsafe found[String(cString: rd_kafka_ConfigResource_name(resource))] = settings(in: resource)
        }
        return found
    }

    private func settings(in resource: OpaquePointer) -> [String: String] {
        var count = 0
        let entries = unsafe rd_kafka_ConfigResource_configs(resource, &count)
        var values: [String: String] = [:]
        for index in 0..<count {
            guard let entry = unsafe entries?[index], let value = unsafe rd_kafka_ConfigEntry_value(entry) else {
                continue
            }
            unsafe values[String(cString: rd_kafka_ConfigEntry_name(entry))] = String(cString: value)
        }
        return values
    }
}
