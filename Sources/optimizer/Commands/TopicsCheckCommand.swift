import Kafka
import Messages
import Worker

/// `optimizer topics check`: are the topics there, and do their settings fit.
enum TopicsCheckCommand: Command {
    static let name = "topics check"
    static let summary = "says whether the topics are there and their settings fit"
    static let help = """
        optimizer topics check [--brokers HOST:PORT] [--json]

        Names the topics with their partitions and replicas, and says what of their settings does not fit: cleanup
        policy, retention, copies, min.insync.replicas, message size. Exit code 78 where a topic is missing, with the
        command that makes it, or where a setting loses requests or results or stops the node; what is only worth
        knowing is a note. 69 where no broker answers.
        """
    static let options =
        ConfigurationOptions.all + [
            TopicPlan.topicOption,
            Option("json", "one JSON object per topic"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let connection = try KafkaConnection(arguments)
        let found = try connection.listTopics()
        let names = TopicPlan.names(arguments, connection.topics)
        let findings = try findings(connection, found).filter { names.contains($0.topic) }
        let rows = names.map { name in
            Row(
                name: name, topic: found.first { $0.name == name && $0.failure == nil },
                findings: findings.filter { $0.topic == name })
        }
        try DataWriter.write(
            arguments.has("json") ? rows.map(\.json) : Table.lines(columns, rows.map(\.cells)))
        for finding in findings { Output.words((finding.isWrong ? "wrong: " : "note: ") + finding.description) }
        let missing = rows.filter { $0.topic == nil }.map(\.name)
        guard missing.isEmpty else {
            throw CommandFailure(
                "missing, or not shown to this user: \(missing.joined(separator: ", ")); create with: "
                    + TopicPlan.createCommand(arguments, missing), code: ExitCode.configuration)
        }
        return findings.contains(where: \.isWrong) ? ExitCode.configuration : ExitCode.success
    }

    private static func findings(
        _ connection: KafkaConnection, _ topics: [TopicDescription]
    ) throws(CommandFailure) -> [TopicFinding] {
        try connection.withAdmin("look at the topics") { admin throws(KafkaFailure) in
            // It has no settings, and does not answer who asks for them.
            guard !admin.isEmbeddedBroker() else { return [] }
            let shown = connection.topics.known.filter { name in topics.contains { $0.name == name } }
            guard !shown.isEmpty else { return [] }
            return TopicReview(
                connection.topics, topics, settings: try admin.settings(of: shown), brokers: try admin.brokers().count
            ).findings
        }
    }

    private static let columns: [Table.Column] = [
        .left("TOPIC"), .right("PARTITIONS"), .right("REPLICAS"), .left("STATE"),
    ]

    private struct Row {
        let name: String
        /// nil: it is not there.
        let topic: TopicDescription?
        let findings: [TopicFinding]

        var cells: [String] {
            guard let topic else { return [name, "-", "-", "missing"] }
            let state = findings.contains(where: \.isWrong) ? "wrong" : "there"
            return [name, String(topic.partitions.count), String(topic.replicas), state]
        }

        var json: String {
            JSONValue.object([
                JSONMember("topic", .string(name)), JSONMember("exists", .bool(topic != nil)),
                JSONMember("partitions", topic.map { .integer($0.partitions.count) } ?? .null),
                JSONMember("replicas", topic.map { .integer($0.replicas) } ?? .null),
                JSONMember("wrong", texts(isWrong: true)), JSONMember("notes", texts(isWrong: false)),
            ]).text
        }

        private func texts(isWrong: Bool) -> JSONValue {
            .array(findings.filter { $0.isWrong == isWrong }.map { .string($0.text) })
        }
    }
}
