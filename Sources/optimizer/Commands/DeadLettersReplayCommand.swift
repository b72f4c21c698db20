import Kafka
import Messages
import Worker

/// `optimizer dead-letters replay`: refused requests, once more.
enum DeadLettersReplayCommand: Command {
    static let name = "dead-letters replay"
    static let summary = "sends what was refused again"
    static let help = """
        optimizer dead-letters replay --all | --code CODE... | --partition P --offset O [--dry-run] [--json]

        Sends the originals to the requests topic again, with the key, value and headers they had. What stands in the
        dead-letter topic stays there: replaying it twice sends it twice. An original that was too large to be kept is
        named and passed over.

        Exit codes: 0 all sent and acknowledged; 1 some were not, or none was chosen; 69 no broker answers; 78 a topic
        is missing; 130 interrupted, what was sent is said.
        """
    static let options =
        ConfigurationOptions.all + [
            Option("topic", value: "NAME", "the dead-letter topic, in place of the configuration's"),
            Option("all", "every dead letter"),
            Option("code", value: "CODE", "those refused for this, such as unknown_dataset; may be given often"),
            Option("partition", value: "P", "with --offset: the one that stands there"),
            Option("offset", value: "O", "with --partition: the one that stands there"),
            Option("dry-run", "says what would be sent, and sends nothing"),
            Option("json", "says on standard output what it did, as one JSON object"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let choice = try Choice(arguments)
        let connection = try KafkaConnection(arguments, topic: \.deadLetters)
        let requests = try connection.topic(connection.topics.requests)
        var replay = DeadLetterReplay(choice, isDryRun: arguments.has("dry-run"))
        var interruption = Interruption()
        let sender = try RecordSender(connection, topic: requests)
        defer { sender.close() }
        let scan = TopicScan(connection: connection, topic: connection.topics.deadLetters, start: choice.start)
        _ = try scan.run { event throws(CommandFailure) in
            replay.take(event, to: sender, unless: &interruption)
        }
        sender.finish(unless: &interruption) { replay.showProgress(sender) }
        return try replay.report(
            sender, from: scan.topic, to: requests.name, isInterrupted: interruption.hasCome,
            isJSON: arguments.has("json"))
    }

    /// Which dead letters are meant.
    enum Choice {
        case all
        case codes(Set<String>)
        case one(partition: Int32, offset: Int64)

        init(_ arguments: Arguments) throws(CommandFailure) {
            let partition = try arguments.integer("partition", in: 0...Int(Int32.max))
            let offset = try arguments.integer("offset", in: 0...Int.max)
            let codes = arguments.all("code")
            let ways = [arguments.has("all"), !codes.isEmpty, partition != nil || offset != nil]
            guard ways.filter({ $0 }).count == 1 else {
                throw .usage("which ones? Give one of --all, --code CODE, or --partition P --offset O")
            }
            if arguments.has("all") {
                self = .all
            } else if !codes.isEmpty {
                self = .codes(Set(codes))
            } else if let partition, let offset {
                self = .one(partition: Int32(partition), offset: Int64(offset))
            } else {
                throw .usage("--partition and --offset name one dead letter together")
            }
        }

        var start: TopicReader.Start {
            if case .one(let partition, let offset) = self { .offsets([partition: offset]) } else { .beginning }
        }

        func takes(_ letter: DeadLetterRecord) -> Bool {
            switch self {
            case .all: true
            case .codes(let codes): codes.contains(letter.code ?? "")
            case .one(let partition, let offset):
                letter.record.partition == partition && letter.record.offset == offset
            }
        }
    }
}
