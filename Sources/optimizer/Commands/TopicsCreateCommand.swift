import Kafka
import Messages
import Worker

/// `optimizer topics create`: makes the topics that are not there.
enum TopicsCreateCommand: Command {
    static let name = "topics create"
    static let summary = "makes the topics that are not there"
    static let help = """
        optimizer topics create [--brokers HOST:PORT] [--partitions N] [--replication-factor N] [--json]

        Makes the four topics, cleanup.policy=delete: requests and results with N partitions and 7 days of retention,
        dead letters with one and 30 days, metrics with one and 1 day. A topic that is there already is left as it is.
        Exit code 1 where one could not be made, 69 where no broker answers.
        """
    static let options =
        ConfigurationOptions.all + [
            TopicPlan.topicOption,
            Option("partitions", value: "N", "of requests and results (12); the most nodes that can share the work"),
            Option("replication-factor", value: "N", "copies of each partition (the broker's default)"),
            Option("json", "one JSON object per topic"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let partitions = try arguments.integer("partitions", in: 1...10_000) ?? 12
        let replicas = try arguments.integer("replication-factor", in: 1...100)
        let connection = try KafkaConnection(arguments)
        let names = TopicPlan.names(arguments, connection.topics)
        let known = Set(try connection.listTopics().filter { $0.failure == nil }.map(\.name))
        let wanted = names.filter { !known.contains($0) }.map {
            TopicPlan.topic($0, in: connection.topics, partitions: partitions, replicas: replicas)
        }
        let outcomes = try create(wanted, connection)
        let rows = names.map { name in State(name, outcomes.first { $0.name == name }) }
        try DataWriter.write(
            arguments.has("json") ? rows.map(\.json) : Table.lines([.left("TOPIC"), .left("STATE")], rows.map(\.cells)))
        return rows.contains { $0.failure != nil } ? ExitCode.failure : ExitCode.success
    }

    private static func create(
        _ topics: [NewTopic], _ connection: KafkaConnection
    ) throws(CommandFailure) -> [TopicOutcome] {
        guard !topics.isEmpty else { return [] }
        let (outcomes, isEmbedded) = try connection.withAdmin("create the topics") { admin throws(KafkaFailure) in
            guard !admin.isEmbeddedBroker() else { return (outcomes: [TopicOutcome](), isEmbedded: true) }
            let outcomes = try admin.create(topics)
            // Whoever starts a node next finds them.
            _ = try admin.awaitTopics(outcomes.filter { $0.failure == nil }.map(\.name))
            return (outcomes, false)
        }
        guard !isEmbedded else {
            throw CommandFailure(
                "this is the embedded broker, which cannot create topics (missing: "
                    + topics.map(\.name).joined(separator: ", ") + "); it has the configuration's four from its start: "
                    + "optimizer broker --set kafka.topics.requests=NAME")
        }
        return outcomes
    }

    /// What became of one topic.
    private struct State {
        let name: String
        let word: String
        let failure: KafkaFailure?

        /// - Parameter outcome: nil: the topic was there, nothing was asked.
        init(_ name: String, _ outcome: TopicOutcome?) {
            self.name = name
            let isThere = outcome == nil || outcome?.failure?.kind == .exists
            failure = isThere ? nil : outcome?.failure
            word = isThere ? "already there" : failure == nil ? "created" : "failed"
        }

        var cells: [String] { [name, failure.map { "failed: \($0)" } ?? word] }

        var json: String {
            JSONValue.object([
                JSONMember("topic", .string(name)), JSONMember("state", .string(word)),
                JSONMember("error", failure.map { .string($0.description) } ?? .null),
            ]).text
        }
    }
}
