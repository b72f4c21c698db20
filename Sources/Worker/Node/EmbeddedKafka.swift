package import Kafka

/// The embedded broker with the node's topics.
package enum EmbeddedKafka {
    /// Partitions of the requests topic; the others have a few.
    package static let requestPartitions = 6

    /// - Throws: `NodeFailure` when it cannot be started.
    package static func start(
        _ topics: TopicNames, partitions: Int = requestPartitions
    ) throws(NodeFailure) -> EmbeddedBroker {
        do {
            let wide = [topics.requests, topics.results]
            return try EmbeddedBroker(topics: topics.known.map { ($0, wide.contains($0) ? partitions : 1) })
        } catch {
            throw NodeFailure("the embedded broker did not start: \(error)", code: ExitCode.software)
        }
    }
}
