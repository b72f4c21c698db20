import Kafka
import Messages
import Worker

/// `optimizer results`: what became of the requests.
enum ResultsCommand: Command {
    static let name = "results"
    static let summary = "reads results"
    static let help = """
        optimizer results [--follow] [--json] [--request ID]... [--count N] [--timeout-ms N]

        Reads the results topic from its beginning to the end it has now, as a table or, with --json, as the results
        themselves, one a line. It joins no group and commits nothing, so it may run beside anything.
        With --request it ends as soon as every one of these requests has a result.

        Exit codes: 0 done; 1 a request of --request has no result, or --timeout-ms was over before --count; 69 no
        broker answers; 78 the topic is missing.
        """
    static let options =
        ConfigurationOptions.all + [
            ConfigurationOptions.topic,
            Option("follow", short: "f", "goes on with what comes"),
            Option("from-now", "only what comes from now on; goes with --follow"),
            Option("request", value: "ID", "only the results of this request; may be given often"),
            Option("count", short: "n", value: "N", "ends after so many"),
            Option("timeout-ms", value: "N", "gives up after so long"),
            Option("json", "the results as they are, one JSON object a line"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let count = try arguments.integer("count", in: 1...1_000_000_000)
        let timeout = try arguments.integer("timeout-ms", in: 1...86_400_000)
        guard arguments.has("follow") || !arguments.has("from-now") else {
            throw .usage("--from-now reads what comes: it goes with --follow")
        }
        let connection = try KafkaConnection(arguments, topic: \.results)
        let scan = TopicScan(
            connection: connection, topic: connection.topics.results,
            start: arguments.has("from-now") ? .end : .beginning, follows: arguments.has("follow"),
            timeout: timeout.map { .milliseconds($0) })
        var printer = ResultPrinter(
            requests: Set(arguments.all("request")), count: count, isJSON: arguments.has("json"))
        let end = try scan.run { event throws(CommandFailure) in try printer.take(event) }
        try printer.finish()
        return exitCode(printer, end, timeout: timeout, count: count, scan)
    }

    private static func exitCode(
        _ printer: ResultPrinter, _ end: TopicScan.End, timeout: Int?, count: Int?, _ scan: TopicScan
    ) -> Int32 {
        if printer.foreign > 0 {
            Output.words("\(printer.foreign) records of \(scan.topic) are no results and were passed over")
        }
        if !printer.missing.isEmpty {
            let reason = end == .timedOut ? "within \(timeout ?? 0) ms" : "in \(scan.topic)"
            Output.words("no result \(reason) for: " + printer.missing.sorted().joined(separator: ", "))
            return ExitCode.failure
        }
        guard end == .timedOut else { return ExitCode.success }
        if let count, printer.shown < count {
            Output.words("\(printer.shown) of \(count) results within \(timeout ?? 0) ms")
            return ExitCode.failure
        }
        if !scan.follows {
            Output.words("\(scan.topic) could not be read to its end within \(timeout ?? 0) ms")
            return ExitCode.failure
        }
        return ExitCode.success
    }
}
