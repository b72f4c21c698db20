import Kafka
import Messages
import Worker

/// `optimizer dead-letters list`: what was refused, and why.
enum DeadLettersListCommand: Command {
    static let name = "dead-letters list"
    static let summary = "what was refused, and why"
    static let help = """
        optimizer dead-letters list [--code CODE]... [--request ID]... [--strategy NAME]... [--since TIME]
                                    [--limit N] [--json]

        Reads the dead-letter topic from its beginning: where each stands, where its original stood, what was wrong.
        With --json each comes with its value as text (null where it is a tombstone or no UTF-8).

        Exit codes: 0 done, also where there is none; 69 no broker answers; 78 the topic is missing.
        """
    static let options =
        ConfigurationOptions.all + [
            ConfigurationOptions.topic
        ] + DeadLetterFilter.options + [
            Option("limit", short: "n", value: "N", "at most so many"),
            Option("json", "one JSON object per dead letter"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let limit = try arguments.integer("limit", in: 1...1_000_000_000) ?? .max
        let filter = try DeadLetterFilter(arguments)
        let connection = try KafkaConnection(arguments, topic: \.deadLetters)
        let isJSON = arguments.has("json")
        var writer = DataWriter()
        var shown = 0
        _ = try TopicScan(connection: connection, topic: connection.topics.deadLetters).run {
            event throws(CommandFailure) in
            guard case .record(let record) = event else {
                try writer.flush()
                return true
            }
            let letter = DeadLetterRecord(record: record)
            guard filter.takes(letter) else { return true }
            if shown == 0, !isJSON { try writer.line(table.header) }
            shown += 1
            try writer.line(isJSON ? JSONLine.of(letter.json.utf8) : Array(table.row(cells(letter)).utf8))
            return shown < limit
        }
        try writer.flush()
        if shown == 0 { Output.words("no dead letters in \(connection.topics.deadLetters)") }
        return ExitCode.success
    }

    private static let table = Table([
        .right("PARTITION"), .right("OFFSET", 8), .left("TIME", 24), .left("CODE", 20), .left("ORIGIN", 24),
        .right("BYTES", 8), .left("WHAT WAS WRONG"),
    ])

    private static func cells(_ letter: DeadLetterRecord) -> [String] {
        let record = letter.record
        return [
            String(record.partition), String(record.offset),
            record.timestampMs.map { Timestamp(milliseconds: $0).rfc3339 } ?? "-", letter.code ?? "-",
            letter.origin ?? "-", letter.isTruncated ? "not kept" : record.value.map { String($0.count) } ?? "no value",
            letter.message ?? "-",
        ]
    }
}
