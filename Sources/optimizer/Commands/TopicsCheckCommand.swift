import Kafka
import Messages
import Worker

/// `optimizer topics check`: are the topics there.
enum TopicsCheckCommand: Command {
    static let name = "topics check"
    static let summary = "says whether the four topics are there"
    static let help = """
        optimizer topics check [--brokers HOST:PORT] [--json]

        Names the topics with their partitions and replicas. Exit code 78 where one is missing, with the command that
        makes it; 69 where no broker answers.
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
        let rows = names.map { name in (name, found.first { $0.name == name && $0.failure == nil }) }
        try DataWriter.write(
            arguments.has("json") ? rows.map { json($0, $1) } : Table.lines(columns, rows.map { cells($0, $1) }))
        let missing = rows.filter { $0.1 == nil }.map(\.0)
        guard missing.isEmpty else {
            throw CommandFailure(
                "missing, or not shown to this user: \(missing.joined(separator: ", ")); create with: "
                    + TopicPlan.createCommand(arguments, missing), code: ExitCode.configuration)
        }
        return ExitCode.success
    }

    private static let columns: [Table.Column] = [
        .left("TOPIC"), .right("PARTITIONS"), .right("REPLICAS"), .left("STATE"),
    ]

    private static func cells(_ name: String, _ topic: TopicDescription?) -> [String] {
        guard let topic else { return [name, "-", "-", "missing"] }
        return [name, String(topic.partitions.count), String(topic.replicas), "there"]
    }

    private static func json(_ name: String, _ topic: TopicDescription?) -> String {
        JSONValue.object([
            JSONMember("topic", .string(name)), JSONMember("exists", .bool(topic != nil)),
            JSONMember("partitions", topic.map { .integer($0.partitions.count) } ?? .null),
            JSONMember("replicas", topic.map { .integer($0.replicas) } ?? .null),
        ]).text
    }
}
