internal import CRdKafka

extension AdminClient {
    /// Whether this is librdkafka's mock cluster, in whichever process: it has no controller, so that creating a topic
    /// there ends in a time-out. Blocks up to `timeoutMs`.
    package func isEmbeddedBroker(timeoutMs: Int32 = 10_000) -> Bool {
        clusterID(timeoutMs: timeoutMs).map(Self.isEmbedded) ?? false
    }

    /// Whether a cluster of this name is librdkafka's mock.
    package static func isEmbedded(_ clusterID: String) -> Bool { clusterID.hasPrefix("mockCluster") }

    /// The name the cluster gave itself; nil where the brokers do not say. Blocks up to `timeoutMs`.
    package func clusterID(timeoutMs: Int32 = 10_000) -> String? {
        guard let name = unsafe rd_kafka_clusterid(client, timeoutMs) else { return nil }
        defer { unsafe rd_kafka_mem_free(client, name) }
        return unsafe String(cString: name)
    }
}
