internal import CRdKafka

/// What is known about the librdkafka this process is linked with.
package enum KafkaLibrary {
    /// As librdkafka says it, for example "2.0.2".
    package static var version: String { unsafe String(cString: rd_kafka_version_str()) }

    /// 0xMMmmrrxx: major, minor, revision, pre-release (0xff is a release).
    package static var versionNumber: Int32 { rd_kafka_version() }

    /// Cooperative-sticky is trusted from 2.10.0 on: older ones lose the whole assignment when a commit meets a
    /// cooperative rebalance. A group never mixes the two, and the mock even aborts on it.
    package static var assignor: String { assignor(forVersion: versionNumber) }

    /// Before, librdkafka has the broker's own protocol for a group (KIP-848) as a preview only.
    private static let consumerProtocolVersion: Int32 = 0x020c_0000

    package static var knowsConsumerProtocol: Bool { versionNumber >= consumerProtocolVersion }

    package static var needsForConsumerProtocol: String {
        "consumer needs librdkafka 2.12 or newer, and this program runs with \(version)"
    }

    static func assignor(forVersion number: Int32) -> String {
        number >= 0x020a_0000 ? "cooperative-sticky" : "range"
    }
}
