import Kafka
import Messages
import Worker

/// `optimizer dead-letters replay`: refused requests, once more.
enum DeadLettersReplayCommand: Command {
    static let name = "dead-letters replay"
    static let summary = "sends what was refused again"
    static let help = """
        optimizer dead-letters replay --all | --code CODE... | --request ID... | --strategy NAME... | --since TIME
                                      | --partition P --offset O   [--limit N] [--again] [--dry-run] [--json]

        Sends the originals to the requests topic again, with the key, value and headers they had, and one header more,
        optimizer_replay_of, that says which dead letter it was. What stands in the dead-letter topic stays there; what
        was sent again before, or whose request has a completed result by now, is passed over unless --again is given.
        An original that was too large to be kept is named and passed over.

        Exit codes: 0 all sent and acknowledged, or nothing was left to send; 1 some were not, or none was chosen; 69 no
        broker answers; 78 a topic is missing; 130 interrupted, what was sent is said.
        """
    static let options =
        ConfigurationOptions.all + [
            Option("topic", value: "NAME", "the dead-letter topic, in place of the configuration's"),
            Option("all", "every dead letter"),
        ] + DeadLetterFilter.options + [
            Option("partition", value: "P", "with --offset: the one that stands there"),
            Option("offset", value: "O", "with --partition: the one that stands there"),
            Option("limit", short: "n", value: "N", "sends at most so many"),
            Option("again", "also what was sent again before, or has a completed result"),
            Option("dry-run", "says what would be sent, and sends nothing"),
            Option("json", "says on standard output what it did, as one JSON object"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let choice = try Choice(arguments)
        let limit = try arguments.integer("limit", in: 1...1_000_000_000)
        let connection = try KafkaConnection(arguments, topic: \.deadLetters)
        let requests = try connection.topic(connection.topics.requests)
        var interruption = Interruption()
        var memory = ReplayMemory()
        if !arguments.has("again") {
            guard try memory.read(connection, choice, unless: &interruption) else {
                Output.words("interrupted before anything was sent")
                return Interruption.exitCode
            }
        }
        var replay = DeadLetterReplay(choice, memory, limit: limit, isDryRun: arguments.has("dry-run"))
        let sender = try RecordSender(connection, topic: requests)
        defer { sender.close() }
        let scan = TopicScan(connection: connection, topic: connection.topics.deadLetters, start: choice.start)
        _ = try scan.run { event throws(CommandFailure) in
            replay.take(event, of: scan.topic, to: sender, unless: &interruption)
        }
        sender.finish(unless: &interruption) { replay.showProgress(sender) }
        return try replay.report(
            sender, from: scan.topic, to: requests.name, isInterrupted: interruption.hasCome,
            isJSON: arguments.has("json"))
    }

    /// Which dead letters are meant.
    enum Choice {
        case those(DeadLetterFilter)
        case one(partition: Int32, offset: Int64)

        init(_ arguments: Arguments) throws(CommandFailure) {
            let partition = try arguments.integer("partition", in: 0...Int(Int32.max))
            let offset = try arguments.integer("offset", in: 0...Int.max)
            let filter = try DeadLetterFilter(arguments)
            let names = ["code", "request", "strategy"].contains(where: arguments.has)
            let isOne = partition != nil || offset != nil
            guard [arguments.has("all"), names, isOne].filter({ $0 }).count <= 1,
                isOne || arguments.has("all") || !filter.isEmpty,
                !isOne || filter.isEmpty
            else {
                throw .usage(
                    "which ones? Give --all, or --code, --request, --strategy, --since, or --partition P --offset O")
            }
            if let partition, let offset {
                self = .one(partition: Int32(partition), offset: Int64(offset))
            } else if isOne {
                throw .usage("--partition and --offset name one dead letter together")
            } else {
                self = .those(filter)
            }
        }

        var start: TopicReader.Start {
            if case .one(let partition, let offset) = self { .offsets([partition: offset]) } else { .beginning }
        }

        func takes(_ letter: DeadLetterRecord) -> Bool {
            switch self {
            case .those(let filter): filter.takes(letter)
            case .one(let partition, let offset):
                letter.record.partition == partition && letter.record.offset == offset
            }
        }
    }
}
