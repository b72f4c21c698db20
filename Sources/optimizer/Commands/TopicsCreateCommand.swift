import Kafka
import Messages
import Worker

/// `optimizer topics create`: makes the topics that are not there.
enum TopicsCreateCommand: Command {
    static let name = "topics create"
    static let summary = "makes the topics that are not there"
    static let help = """
        optimizer topics create [--brokers HOST:PORT] [--partitions N] [--replication-factor N]
                                [--topic-config KEY=VALUE]... [--json]

        Makes the topics, cleanup.policy=delete: requests and results with N partitions and 7 days of retention,
        dead letters with one and 30 days, metrics with one and 1 day; min.insync.replicas=2 from three copies on. A
        topic that is there already is left as it is. Then waits until every broker shows the topics, at most 30 s.
        Exit code 1 where one could not be made, 69 where no broker answers or one does not show the topics yet.
        """
    static let options =
        ConfigurationOptions.all + [
            TopicPlan.topicOption,
            Option("partitions", value: "N", "of requests and results (12); the most nodes that can share the work"),
            Option("replication-factor", value: "N", "copies of each partition (the broker's default)"),
            Option(
                "topic-config", value: "KEY=VALUE",
                "a setting of the topics that are made, such as retention.ms=3600000; may be given often"),
            Option("json", "one JSON object per topic"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let partitions = try arguments.integer("partitions", in: 1...10_000) ?? 12
        let replicas = try arguments.integer("replication-factor", in: 1...100)
        let settings = try settings(arguments)
        let connection = try KafkaConnection(arguments)
        let names = TopicPlan.names(arguments, connection.topics)
        let known = Set(try connection.listTopics().filter { $0.failure == nil }.map(\.name))
        let missing = names.filter { !known.contains($0) }
        let made = try connection.withAdmin("create the topics") { admin throws(KafkaFailure) in
            guard missing.isEmpty || !admin.isEmbeddedBroker() else { return Made?.none }
            let copies = replicas ?? (missing.isEmpty ? nil : defaultReplicas(admin))
            let outcomes = try admin.create(
                missing.map {
                    TopicPlan.topic(
                        $0, in: connection.topics, partitions: partitions, replicas: replicas, copies: copies,
                        more: settings)
                })
            // A node that is started next finds them, whichever broker it asks.
            let failed = outcomes.filter { $0.failure != nil && $0.failure?.kind != .exists }.map(\.name)
            return Made(outcomes: outcomes, behind: try admin.awaitTopics(names.filter { !failed.contains($0) }))
        }
        guard let made else { throw embedded(missing) }
        let rows = names.map { name in State(name, made.outcomes.first { $0.name == name }) }
        try DataWriter.write(
            arguments.has("json") ? rows.map(\.json) : Table.lines([.left("TOPIC"), .left("STATE")], rows.map(\.cells)))
        guard !rows.contains(where: { $0.failure != nil }) else { return ExitCode.failure }
        guard made.behind.isEmpty else {
            throw CommandFailure(
                "not every broker shows the topics yet: " + made.behind.joined(separator: ", ")
                    + " did not within 30 s; a node that is started now waits for them", code: ExitCode.unavailable)
        }
        return ExitCode.success
    }

    private struct Made {
        let outcomes: [TopicOutcome]
        /// The brokers that do not show the topics.
        let behind: [String]
    }

    /// - Throws: a usage failure naming what is no setting.
    private static func settings(_ arguments: Arguments) throws(CommandFailure) -> [ClientProperties.Property] {
        var settings: [ClientProperties.Property] = []
        for text in arguments.all("topic-config") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy({ $0.isLetter || $0 == "." }) else {
                throw .usage("--topic-config is \(text), must be KEY=VALUE, such as retention.ms=3600000")
            }
            settings.append(ClientProperties.Property(String(parts[0]), String(parts[1])))
        }
        return settings
    }

    private static func defaultReplicas(_ admin: AdminClient) -> Int? {
        guard let broker = try? admin.brokers().first else { return nil }
        return admin.defaultReplicas(broker: broker.id)
    }

    private static func embedded(_ missing: [String]) -> CommandFailure {
        CommandFailure(
            "this is the embedded broker, which cannot create topics (missing: " + missing.joined(separator: ", ")
                + "); it has the configuration's four from its start: "
                + "optimizer broker --set kafka.topics.requests=NAME")
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
