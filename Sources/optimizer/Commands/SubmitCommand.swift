import Configuration
import Kafka
import Messages
import Worker

/// `optimizer submit`: requests into the requests topic.
enum SubmitCommand: Command {
    static let name = "submit"
    static let summary = "requests (JSON lines) or a sweep into the requests topic"
    static let help = """
        optimizer submit FILE|- [--key KEY] [--skip-bad] [--no-check] [--json]
        optimizer submit SWEEP|- [--dry-run] [--resend-failed | --resend-all] [--json]
        optimizer submit --example request|sweep|data-sets|walk-forward

        Sends every line as it is, one request a line, and waits until the broker has acknowledged each. All lines are
        checked first, as a node would, and nothing is sent where one is bad. With --skip-bad or --no-check each line
        is sent as it comes, so that an endless input can be sent too. Empty lines are passed over. A single request may
        stand on several lines. In the end it says what optimizer results takes to read from where they are.

        --example prints a request, a sweep, one over several data sets, or a walk-forward that runs on the sample data;
        deploy/messages.md has all that they hold.

        A sweep is one JSON document of "type": "optimization". Its grid is cut into steps, which go to all partitions;
        the data set, which must be under this machine's data.root, is pinned to the version it has now. One over a
        strategy of your own wants it in the configuration: a few sets are run here, to cut steps of about a second
        (search.sets_per_step says how many sets instead). The steps' ids follow from the sweep: submitted again, only
        those are sent that the topic does not hold, or all of them with --resend-all. With --resend-failed those are
        sent that were never sent, and those of which every request has failed; what is complete or under way is not. A
        sweep in rounds (search.method tpe) is sent round by round, each when the one before has its results, and this
        waits for the last. Another sweep under an id that the topic holds is refused: give it another optimization_id.
        optimizer results --sweep ID puts the results together.

        Where "data" lists several data sets, each set is run on all of them and ranked by what its figures come to:
        "objective": {"aggregate": "mean"}, or median, or min.

        A sweep with "walk_forward" is one sweep for each window of the bars, called ID.w1, ID.w2, …: all of the above
        goes for it, but for rounds, which it cannot have; --dry-run names the windows. optimizer results --walk-forward
        ID runs the best set of each on the bars after it, and joins these runs.

        Exit codes: 0 all acknowledged; 1 some were not; 65 a line is bad, or a sweep or its id; 66 FILE cannot be read;
        69 no broker answers; 78 the topic is missing; 130 interrupted, what was sent is said.
        """
    static let options =
        ConfigurationOptions.all + [
            ConfigurationOptions.topic,
            Option("key", value: "KEY", "the Kafka key of every record; without one they go to the partitions in turn"),
            Option("skip-bad", "sends the good lines, names the bad ones, and ends with 65"),
            Option("no-check", "does not look into the lines"),
            Option("dry-run", "a sweep: says what would be sent, and talks to no broker"),
            Option("resend-failed", "a sweep: sends the steps again whose results say that they failed"),
            Option("resend-all", "a sweep: sends the steps again that are there already"),
            Option(
                "example", value: "KIND",
                "prints one that runs on the sample data: request, sweep, data-sets, walk-forward"),
            Option("json", "says on standard output how many were acknowledged, as one JSON object"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        if let kind = arguments.value("example") {
            try arguments.expectPositional(0...0, "nothing")
            return try SubmitExample.print(kind)
        }
        try arguments.expectPositional(1...1, "FILE, or - for standard input")
        var input = try InputLines(arguments.positional[0])
        let configuration = try ConfigurationOptions.load(arguments)
        let external = configuration.strategies.map { $0.descriptor }
        let document =
            SubmitJob.mode(of: arguments) == .allOrNothing
            ? try InputDocument.read(&input, external: external) : nil
        if case .sweep(let sweep) = document { return try SweepSubmission.run(sweep, arguments, configuration) }
        if case .walkForward(let walkForward) = document {
            return try WalkForwardSubmission.run(walkForward, arguments, configuration)
        }
        for name in ["dry-run", "resend-failed", "resend-all"] where arguments.has(name) {
            throw .usage("--\(name) is for sweeps, and \(input.name) is none")
        }
        let connection = try KafkaConnection(arguments, topic: \.requests)
        var job = SubmitJob(arguments, RequestCheck(connection.configuration))
        if case .request(let bytes) = document {
            try job.take(document: bytes, from: input.name)
        } else if job.mode == .allOrNothing {
            try job.readAll(&input)
        }
        let topic = try connection.topic(connection.topics.requests)
        job.resultsBegin = TopicPlaces.endsOfResults(connection)
        var interruption = Interruption()
        let sender = try RecordSender(connection, topic: topic)
        defer { sender.close() }
        try job.send(&input, to: sender, unless: &interruption)
        sender.finish(unless: &interruption) { job.showProgress(sender) }
        job.clearProgress()
        return try job.report(sender, topic: topic.name, input.name, isInterrupted: interruption.hasCome)
    }
}
