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
            return try EmbeddedBroker(topics: [
                (topics.requests, partitions), (topics.results, partitions), (topics.metrics, 1),
                (topics.deadLetters, 1),
            ])
        } catch {
            throw NodeFailure("the embedded broker did not start: \(error)", code: ExitCode.software)
        }
    }
}
