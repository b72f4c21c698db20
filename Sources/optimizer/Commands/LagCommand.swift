import Glibc
import Kafka
import Messages
import Worker

/// `optimizer lag`: how far the group is behind.
enum LagCommand: Command {
    static let name = "lag"
    static let summary = "how far the group is behind, per partition"
    static let help = """
        optimizer lag [--watch] [--json] [--max N]

        The committed offset, the end and the difference of every partition of the requests topic, whoever the members
        of the group are and whether it has any: what a node would still run. Where nothing has been committed, or an
        offset that is not there any more, all that is there counts; so does what stands behind an open transaction.
        And what each partition is blocked by: its lowest request that is not done, and how it stands with that by what
        the nodes last said.

        Exit codes: 0 done; 1 the lag is above --max; 66 there is no such group; 69 no broker answers, or none leads one
        of the partitions; 78 the topic is missing.
        """
    static let options =
        ConfigurationOptions.all + [
            ConfigurationOptions.topic,
            Option("watch", short: "w", "again every two seconds, until it is interrupted"),
            Option("max", value: "N", "exit code 1 where the lag is above N"),
            Option("json", "one JSON object, or one each time"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let bound = try arguments.integer("max", in: 0...Int.max)
        guard bound == nil || !arguments.has("watch") else {
            throw .usage("--max ends at once, --watch never: give one")
        }
        let connection = try KafkaConnection(arguments, topic: \.requests)
        let topic = try connection.topic(connection.topics.requests)
        while true {
            let lag = try GroupLag.ask(connection, topic)
            try show(lag, arguments)
            if let bound, lag.total > bound {
                Output.words("the lag is \(lag.total), above \(bound)")
                return ExitCode.failure
            }
            if !arguments.has("watch") { return code(for: lag) }
            _ = poll(nil, 0, 2000)
        }
    }

    /// Says what makes the figures something else than they seem.
    private static func code(for lag: GroupLag) -> Int32 {
        if !lag.unknown.isEmpty {
            let numbers = lag.unknown.map(String.init).joined(separator: ", ")
            Output.words("no broker leads partition \(numbers) of \(lag.topic): the lag there is not known")
            return ExitCode.unavailable
        }
        guard lag.isUnknownGroup else { return ExitCode.success }
        Output.words(
            "there is no group \(lag.group): nobody has joined it or committed for it (kafka.groupId). "
                + "The lag is what its first node would run")
        return ExitCode.noInput
    }

    private static func show(_ lag: GroupLag, _ arguments: Arguments) throws(CommandFailure) {
        guard !arguments.has("json") else { return try DataWriter.write([lag.json]) }
        // On a terminal each view takes the place of the one before.
        let clear = arguments.has("watch") && Output.isTerminal ? ["\u{1B}[H\u{1B}[2J"] : []
        try DataWriter.write(clear + lag.lines)
    }
}
