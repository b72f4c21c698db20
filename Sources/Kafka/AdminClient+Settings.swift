internal import CRdKafka

extension AdminClient {
    /// A setting of topics, by topic; those that may not be looked at are left out. Blocks up to about `timeoutMs`.
    /// - Throws: `KafkaFailure` where the request as a whole fails.
    package func setting(
        _ setting: String, of topics: [String], timeoutMs: Int32 = 5000
    ) throws(KafkaFailure) -> [String: String] {
        var requests: [OpaquePointer?] = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { for request in requests { rd_kafka_ConfigResource_destroy(request) } }
        let options = adminOptions(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeoutMs)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue: OpaquePointer = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_DescribeConfigs(client, &requests, requests.count, options, queue)
        let event = try answer(queue, timeoutMs: timeoutMs)
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let list = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
        var values: [String: String] = [:]
        for resource in UnsafeBufferPointer(start: list, count: count) {
            guard let resource, rd_kafka_ConfigResource_error(resource) == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            values[String(cString: rd_kafka_ConfigResource_name(resource))] = value(of: setting, in: resource)
        }
        return values
    }

    private func value(of setting: String, in resource: OpaquePointer) -> String? {
        var count = 0
        let entries = rd_kafka_ConfigResource_configs(resource, &count)
        for entry in UnsafeBufferPointer(start: entries, count: count) {
            guard let entry, String(cString: rd_kafka_ConfigEntry_name(entry)) == setting else { continue }
            return rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) }
        }
        return nil
    }
}
