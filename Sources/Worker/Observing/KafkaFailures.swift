import Kafka
import Messages

/// Takes note of what goes wrong in Kafka: for the brokers' table, for the last errors, and for the log, where a
/// failure that goes on is told once a minute. Any thread.
struct KafkaFailures: Sendable {
    let brokers: BrokerBoard
    let errors: RecentErrors
    let metrics: NodeMetrics
    let log: Log

    /// A line of librdkafka's own log.
    func librdkafka(_ level: Int32, _ facility: String, _ message: String) {
        if Log.tellsOfConnections(facility) { brokers.note(error: message) }
        log.librdkafka(level, facility, message)
    }

    /// - Parameters:
    ///   - client: which of the node's clients says so.
    ///   - place: what was being done.
    ///   - level: how bad it is.
    ///   - key: what makes two of them the same, where their place and their name do not.
    func note(
        _ failure: KafkaFailure, _ client: KafkaStatistics.Client, _ place: String, _ level: Log.Level, _ what: String,
        key: String? = nil
    ) {
        metrics.noteKafkaError(client: client.rawValue)
        brokers.note(error: failure.reason)
        // A broker that goes is in the words of each client and of each attempt; it is one thing that happens.
        let isAway = failure.isConnection && !brokers.brokers.isEmpty
        let endsTheNode = [.fenced, .fatal, .authorization].contains(failure.kind)
        let isNews = errors.note(
            endsTheNode ? failure.kind.rawValue : "kafka", isAway ? failure.description : "\(place): \(failure)",
            key: (isAway ? nil : key) ?? (isAway ? "" : place) + failure.name + brokers.named(in: failure.reason))
        // The board has a line for a broker that goes, and one for when it is back.
        log.line(
            isNews && !isAway ? level : .debug, what,
            [
                JSONMember("place", .string(place)), JSONMember("error", .string(failure.name)),
                JSONMember("reason", .string(failure.reason)),
                JSONMember("remedy", failure.remedy.map { .string($0) } ?? .null),
            ])
    }
}
