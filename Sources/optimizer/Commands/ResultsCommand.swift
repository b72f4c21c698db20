import Kafka
import Messages
import Worker

/// `optimizer results`: what became of the requests.
enum ResultsCommand: Command {
    static let name = "results"
    static let summary = "reads results, puts those of a sweep together"
    static let help = """
        optimizer results [--follow] [--json] [--request ID]... [--from PLACES | --since TIME] [--count N]
                          [--timeout-ms N]
        optimizer results --sweep ID [--json | --all [--format csv|jsonl]] [--html FILE] [--now] [--follow]
                          [--from PLACES | --since TIME] [--timeout-ms N]
        optimizer results --walk-forward ID [--json] [--html FILE] [--now] [--follow] [--from PLACES | --since TIME]
                          [--timeout-ms N]

        Reads the results topic from its beginning to the end it has now, as a table or, with --json, as the results
        themselves, one a line. It joins no group and commits nothing, so it may run beside anything.
        With --request it ends as soon as every one of these requests has a result. What came before a request was
        sent need not be read: --from begins where submit says that the topic ended then, --since at a time.

        With --sweep it merges the results of a sweep's steps, as they come, until every step has one, and shows the
        best sets; with --follow it waits on for steps that failed, and for a sweep that is not there yet, with --now it
        waits for nothing. Where several sweeps were submitted under the id, the newest counts. How many sets were
        evaluated, skipped, failed or turned down is said on standard error, and why none is ranked where none is. --all
        writes, in place of the best, every set that ran with all its figures, in the order of the sets: the sweep has to
        ask for them by "output": {"figures": "all"}. --html writes a page of its own: a heat map, the equity of the best
        set, all figures. The curves are computed here, where the data set is under data.root.

        With --walk-forward it merges the sweep of each window, runs the best set of each on the bars after it, here,
        where the data set is under data.root, and shows what they were judged by and what they then did. Their runs are
        joined, each window's returns compounded on those before it; --json has the joined equity, --html draws it.

        Exit codes: 0 done; 1 a request of --request has no result, or --timeout-ms was over before --count, or steps of
        the sweep failed or have no result, or a walk-forward's windows could not be joined; 65 the results of the sweep
        do not belong together; 69 no broker answers; 78 the topic is missing.
        """
    static let options =
        ConfigurationOptions.all + [
            ConfigurationOptions.topic,
            Option("follow", short: "f", "goes on with what comes"),
            Option("request", value: "ID", "only the results of this request; may be given often"),
            Option("count", short: "n", value: "N", "ends after so many"),
            Option("timeout-ms", value: "N", "gives up after so long"),
            Option("json", "the results as they are, one JSON object a line; the merged result of a sweep"),
            Option("sweep", value: "ID", "puts the results of this sweep together"),
            Option("walk-forward", value: "ID", "puts the windows of this walk-forward together"),
            Option("all", "a sweep: all figures of all sets, in place of the best ones"),
            Option("format", value: "FORMAT", "of --all: csv (default), or jsonl, a JSON object a line"),
            Option("now", "a sweep: what is there already, without waiting"),
            Option("html", value: "FILE", "a sweep: writes a page for a browser"),
            Option("x", value: "PARAMETER", "of the page's heat map, from left to right (the first one swept)"),
            Option("y", value: "PARAMETER", "of the page's heat map, from bottom to top (the second one swept)"),
            Option(
                "heatmap-over", value: "FIGURE", "what its cells show: best (default), median, mean of their sets"),
            Option("definition", value: "FILE", "the sweep as it was submitted, where the requests topic has lost it"),
        ] + ResultsStart.options

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        if let sweep = arguments.value("sweep") { return try SweepResults.run(sweep, arguments) }
        if let id = arguments.value("walk-forward") { return try WalkForwardResults.run(id, arguments) }
        for name in ["all", "format"] where arguments.has(name) { throw .usage("--\(name) goes with --sweep") }
        let count = try arguments.integer("count", in: 1...1_000_000_000)
        let timeout = try arguments.integer("timeout-ms", in: 1...86_400_000)
        guard arguments.has("follow") || !arguments.has("from-now") else {
            throw .usage("--from-now reads what comes: it goes with --follow")
        }
        let start = try ResultsStart(arguments)
        let connection = try KafkaConnection(arguments, topic: \.results)
        var scan = TopicScan(
            connection: connection, topic: connection.topics.results, follows: arguments.has("follow"),
            timeout: timeout.map { .milliseconds($0) })
        try start.apply(to: &scan)
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
