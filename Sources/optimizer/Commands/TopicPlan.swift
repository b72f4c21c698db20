import Kafka
import Worker

/// The topics a node needs, and the settings that fit each.
enum TopicPlan {
    static let topicOption = Option(
        "topic", value: "NAME", "this topic only, in place of the configuration's; may be given often")

    static func names(_ arguments: Arguments, _ topics: TopicNames) -> [String] {
        let given = arguments.all("topic")
        return given.isEmpty ? topics.known : given
    }

    private static let day = 86_400_000

    /// - Parameters:
    ///   - partitions: of requests and results: every node of a group needs at least one of its own.
    ///   - replicas: nil: the broker's default.
    ///   - copies: how many that comes to; nil where it is not known.
    ///   - more: settings given by hand, which win.
    static func topic(
        _ name: String, in topics: TopicNames, partitions: Int, replicas: Int?, copies: Int?,
        more: [ClientProperties.Property] = []
    ) -> NewTopic {
        let isWide = name == topics.requests || name == topics.results || !topics.known.contains(name)
        let planned = settings(name, topics, copies: copies).map { ClientProperties.Property($0.0, $0.1) }
        return NewTopic(
            name: name, partitions: isWide ? partitions : 1, replicas: replicas,
            settings: planned.filter { plan in !more.contains { $0.name == plan.name } } + more)
    }

    /// Requests and results stay a week: a node that was down for a weekend finds its work, a report its results. As long
    /// may a request be cancelled.
    /// Dead letters wait a month for a person. Metrics events are old after a day. Nothing is ever compacted away:
    /// one key may have many requests. Of three copies two have what is acknowledged: one broker may be lost, and
    /// writing goes on while one is away.
    private static func settings(_ name: String, _ topics: TopicNames, copies: Int?) -> [(String, String)] {
        let retentionDays =
            switch name {
            case topics.requests, topics.results: 7
            case topics.deadLetters: 30
            case topics.metrics: 1
            default: 7
            }
        let settings = [("cleanup.policy", "delete"), ("retention.ms", String(retentionDays * day))]
        return settings + ((copies ?? 1) >= 3 ? [("min.insync.replicas", "2")] : [])
    }

    /// The command that makes these topics, with the configuration this command was given.
    static func createCommand(_ arguments: Arguments, _ missing: [String]) -> String {
        var words = ["optimizer topics create"]
        for option in ["config", "set", "brokers"] {
            words += arguments.all(option).map { "--\(option) \($0)" }
        }
        if arguments.has("topic") { words += missing.map { "--topic \($0)" } }
        return words.joined(separator: " ")
    }
}
