import Kafka
import Worker

/// The topics a node needs, and the settings that fit each.
enum TopicPlan {
    static let topicOption = Option(
        "topic", value: "NAME", "this topic only, in place of the configuration's four; may be given often")

    static func names(_ arguments: Arguments, _ topics: TopicNames) -> [String] {
        let given = arguments.all("topic")
        return given.isEmpty ? topics.all : given
    }

    private static let day = 86_400_000

    /// - Parameter partitions: of requests and results: every node of a group needs at least one of its own.
    static func topic(_ name: String, in topics: TopicNames, partitions: Int, replicas: Int?) -> NewTopic {
        let isWide = name == topics.requests || name == topics.results || !topics.all.contains(name)
        return NewTopic(
            name: name, partitions: isWide ? partitions : 1, replicas: replicas,
            settings: settings(name, topics).map { ClientProperties.Property($0.0, $0.1) })
    }

    /// Requests and results stay a week: a node that was down for a weekend finds its work, a report its results.
    /// Dead letters wait a month for a person. Metrics events are old after a day. Nothing is ever compacted away:
    /// one key may have many requests.
    private static func settings(_ name: String, _ topics: TopicNames) -> [(String, String)] {
        let retentionDays =
            switch name {
            case topics.requests, topics.results: 7
            case topics.deadLetters: 30
            case topics.metrics: 1
            default: 7
            }
        return [("cleanup.policy", "delete"), ("retention.ms", String(retentionDays * day))]
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
