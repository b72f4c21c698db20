internal import CRdKafka

extension AdminClient {
    /// Whether this is librdkafka's mock cluster, in whichever process: it has no controller, so that creating a topic
    /// there ends in a time-out. Blocks up to `timeoutMs`.
    package func isEmbeddedBroker(timeoutMs: Int32 = 10_000) -> Bool {
        guard let name = rd_kafka_clusterid(client, timeoutMs) else { return false }
        defer { rd_kafka_mem_free(client, name) }
        return String(cString: name).hasPrefix("mockCluster")
    }
}
