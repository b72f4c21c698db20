package import Kafka

/// Something about a topic that does not fit what a node does with it.
package struct TopicFinding: Sendable, Equatable, CustomStringConvertible {
    package let topic: String
    /// Requests or results are lost by it, or the node stands still; else it is worth knowing.
    package let isWrong: Bool
    package let text: String

    package var description: String { "\(topic): \(text)" }
}

/// Looks at the settings of a node's topics and says what does not fit.
package struct TopicReview {
    private let topics: TopicNames
    private let descriptions: [TopicDescription]
    private let settings: [String: [String: String]]
    private let brokers: Int

    /// - Parameters:
    ///   - settings: by topic and name; a topic whose settings may not be looked at is left out.
    ///   - brokers: how many the cluster has.
    package init(
        _ topics: TopicNames, _ descriptions: [TopicDescription], settings: [String: [String: String]], brokers: Int
    ) {
        self.topics = topics
        self.descriptions = descriptions
        self.settings = settings
        self.brokers = brokers
    }

    /// What does not fit, in the order of the topics.
    package var findings: [TopicFinding] {
        topics.all.flatMap { name in
            guard let topic = descriptions.first(where: { $0.name == name && $0.failure == nil }) else {
                return [TopicFinding]()
            }
            guard let settings = settings[name] else {
                return layout(topic)
                    + [note(name, "its settings could not be looked at (DescribeConfigs on the topic)")]
            }
            return layout(topic) + cleaning(name, settings) + copies(topic, settings) + sizes(name, settings)
        }
    }

    private func wrong(_ topic: String, _ text: String) -> TopicFinding {
        TopicFinding(topic: topic, isWrong: true, text: text)
    }

    private func note(_ topic: String, _ text: String) -> TopicFinding {
        TopicFinding(topic: topic, isWrong: false, text: text)
    }

    private func layout(_ topic: TopicDescription) -> [TopicFinding] {
        var found: [TopicFinding] = []
        if topic.name == topics.requests, topic.partitions.count == 1 {
            found.append(note(topic.name, "it has one partition: one node of a group has all the work"))
        }
        if topic.replicas == 1, brokers > 1 {
            found.append(note(topic.name, "it has one copy: what lies on a broker is away, or lost, with it"))
        }
        return found
    }

    private func cleaning(_ name: String, _ settings: [String: String]) -> [TopicFinding] {
        var found: [TopicFinding] = []
        if let policy = settings["cleanup.policy"], policy.contains("compact") {
            let loss =
                switch name {
                case topics.requests: "of requests with one key only the last is sure to be run"
                case topics.results: "of results with one key only the last stays"
                default: "of records with one key only the last stays, and one without a key is refused"
                }
            found.append(wrong(name, "cleanup.policy is \(policy): \(loss); set it to delete"))
        }
        let day = 86_400_000
        if name != topics.metrics, let retention = settings["retention.ms"].flatMap({ Int($0) }), 0..<day ~= retention {
            found.append(
                note(
                    name,
                    "retention.ms is \(retention), \(Self.time(retention)): "
                        + (name == topics.requests
                            ? "a request that waits for longer is lost" : "what is not read by then is lost")))
        }
        if name == topics.requests, let bytes = settings["retention.bytes"].flatMap({ Int($0) }), bytes >= 0 {
            found.append(
                note(name, "retention.bytes is \(bytes): beyond it the oldest requests are lost, whether run or not"))
        }
        return found
    }

    private func copies(_ topic: TopicDescription, _ settings: [String: String]) -> [TopicFinding] {
        // Metrics events are written with acks=1, for which the others do not count.
        guard topic.name != topics.metrics, let inSync = settings["min.insync.replicas"].flatMap({ Int($0) }) else {
            return []
        }
        var found: [TopicFinding] = []
        if inSync > topic.replicas {
            found.append(
                wrong(
                    topic.name, "min.insync.replicas is \(inSync) of \(topic.replicas) copies: nothing can be written"))
        } else if inSync == topic.replicas, inSync > 1 {
            found.append(
                note(
                    topic.name,
                    "min.insync.replicas is \(inSync) of \(topic.replicas) copies: one broker away stops all writing"))
        } else if inSync == 1, topic.replicas >= 3 {
            found.append(
                note(
                    topic.name,
                    "min.insync.replicas is 1: what was acknowledged may be lost with one broker; set it to 2"))
        }
        if settings["unclean.leader.election.enable"] == "true" {
            found.append(
                note(topic.name, "unclean.leader.election.enable is true: what was acknowledged may be lost"))
        }
        return found
    }

    private func sizes(_ name: String, _ settings: [String: String]) -> [TopicFinding] {
        guard let most = settings["max.message.bytes"].flatMap({ Int($0) }) else { return [] }
        // What Kafka gives a topic by itself.
        if name == topics.results, most < 1_048_588 {
            return [note(name, "max.message.bytes is \(most): a larger result becomes result_too_large")]
        }
        let request = self.settings[topics.requests]?["max.message.bytes"].flatMap { Int($0) }
        if name == topics.deadLetters, let request, most < request {
            return [
                note(
                    name, "max.message.bytes is \(most), and requests may have \(request): a larger one comes here cut")
            ]
        }
        return []
    }

    private static func time(_ milliseconds: Int) -> String {
        let minutes = milliseconds / 60_000
        return minutes >= 120 ? "\(minutes / 60) h" : minutes >= 2 ? "\(minutes) min" : "\(milliseconds / 1000) s"
    }
}
