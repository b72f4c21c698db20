import Configuration
import Kafka
import Messages
import Strategies
import Worker

/// `optimizer submit` of a walk-forward: the steps of its windows' sweeps into the requests topic.
struct WalkForwardSubmission {
    private struct Step {
        let window: Int
        let step: Int
    }

    private var plan: WalkForwardPlan
    private let isJSON: Bool

    static func run(
        _ walkForward: WalkForward, _ arguments: Arguments, _ configuration: OptimizerConfiguration
    ) throws(CommandFailure) -> Int32 {
        try SweepSubmission.checkOptions(arguments)
        var plan: WalkForwardPlan
        do throws(RequestProblem) {
            plan = try WalkForwardPlan(
                walkForward, external: configuration.strategies.map { $0.descriptor },
                dataRoot: configuration.data.root)
        } catch {
            throw CommandFailure(error.message, code: ExitCode.dataError)
        }
        // The last has the most bars in sample where they differ.
        if var longest = plan.windows.last?.sweep, longest.wantsMeasuring {
            SweepSubmission.measure(&longest, configuration)
            for index in plan.windows.indices { plan.windows[index].sweep.cut(setsPerStep: longest.setsPerStep) }
        }
        var submission = WalkForwardSubmission(plan: plan, isJSON: arguments.has("json"))
        Output.words(submission.description)
        guard !arguments.has("dry-run") else { return try submission.endDryRun() }
        return try submission.send(arguments)
    }

    private init(plan: WalkForwardPlan, isJSON: Bool) {
        self.plan = plan
        self.isJSON = isJSON
    }

    private var setCount: Int { plan.windows.reduce(0) { $0 + $1.sweep.sweep.setCount } }

    private var description: String {
        let version = plan.version.map { ", version \($0.prefix(19))" } ?? ""
        let unused = plan.unused == 0 ? "" : "; the last \(StepSending.count(plan.unused, "bar")) are in no window"
        let drawn = plan.windows.first?.sweep.sweep.drawnBy.map { " (\($0))" } ?? ""
        return
            "walk-forward \(plan.id): \(StepSending.count(plan.windows.count, "window")), \(setCount) sets\(drawn) in "
            + "\(StepSending.count(plan.stepCount, "step"))\(version)\(unused)"
    }

    private func endDryRun() throws(CommandFailure) -> Int32 {
        for window in plan.windows {
            let (early, late) = (window.inSample, window.outOfSample)
            Output.words(
                "window \(window.number): in sample \(early.start) to \(early.end) (\(early.bars) bars), out of sample "
                    + "\(late.start) to \(late.end) (\(late.bars))")
        }
        if isJSON { try DataWriter.write([summary(StepSending(topic: "", stepCount: plan.stepCount).summary(nil))]) }
        Output.words("a dry run: nothing was sent")
        return ExitCode.success
    }

    private mutating func send(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        let connection = try KafkaConnection(arguments, topic: \.requests)
        let topic = try connection.topic(connection.topics.requests)
        var completed: Int?
        var interruption = Interruption()
        guard let missing = try stepsToSend(connection, arguments, &completed, unless: &interruption) else {
            return StepSending.endInterrupted()
        }
        var sending = StepSending(
            topic: topic.name, stepCount: plan.stepCount, alreadyThere: plan.stepCount - missing.count,
            completed: completed)
        if sending.alreadyThere == 0 { sending.resultsBegin = TopicPlaces.endsOfResults(connection) }
        let sender = try RecordSender(connection, topic: topic)
        defer { sender.close() }
        sending.send(missing.count, to: sender, unless: &interruption) { index in
            plan.windows[missing[index].window].sweep.request(step: missing[index].step)
        }
        if isJSON {
            try DataWriter.write([summary(sending.summary(sender, isInterrupted: interruption.hasCome))])
        }
        return sending.report(sender, isInterrupted: interruption.hasCome, results: "--walk-forward \(plan.id)") {
            "window \(missing[$0].window + 1), step \(missing[$0].step)"
        }
    }

    // MARK: What is there already

    /// - Parameter completed: where failed steps are sent again, how many are complete.
    /// - Returns: nil where it was interrupted.
    private mutating func stepsToSend(
        _ connection: KafkaConnection, _ arguments: Arguments, _ completed: inout Int?,
        unless interruption: inout Interruption
    ) throws(CommandFailure) -> [Step]? {
        guard let known = try sentSteps(connection, unless: &interruption) else { return nil }
        for (index, sent) in known.enumerated() {
            guard !sent.hasOther else { throw idIsTaken(connection.topics.requests) }
            // Its steps are numbered by how it was cut then, whatever was measured now.
            if plan.windows[index].sweep.wantsMeasuring, let sets = sent.setsPerStep {
                plan.windows[index].sweep.cut(setsPerStep: sets)
            }
        }
        let all = plan.windows.indices.flatMap { window in
            (0..<plan.windows[window].sweep.stepCount).map { Step(window: window, step: $0) }
        }
        if arguments.has("resend-all") { return all }
        guard arguments.has("resend-failed") else { return all.filter { known[$0.window].places[$0.step] == nil } }
        // After the requests: a result that comes meanwhile is of one that was seen.
        guard let answered = try answeredSteps(connection, unless: &interruption) else { return nil }
        completed = answered.reduce(0) { $0 + $1.completed.count }
        return all.filter { answered[$0.window].needs($0.step, sentAt: known[$0.window].places[$0.step] ?? []) }
    }

    /// Reads the requests once for all windows.
    private func sentSteps(
        _ connection: KafkaConnection, unless interruption: inout Interruption
    ) throws(CommandFailure) -> [SentSteps]? {
        let topic = connection.topics.requests
        var sent = plan.windows.map { SentSteps(of: $0.sweep) }
        let isWhole = try read(topic, "steps that were sent before", connection, unless: &interruption) {
            sent[$0].take($1, in: topic)
        }
        return isWhole ? sent : nil
    }

    /// Reads the results once for all windows.
    private func answeredSteps(
        _ connection: KafkaConnection, unless interruption: inout Interruption
    ) throws(CommandFailure) -> [AnsweredSteps]? {
        var answered = plan.windows.map { AnsweredSteps(of: $0.sweep) }
        let isWhole = try read(
            connection.topics.results, "steps that failed", connection, unless: &interruption
        ) {
            answered[$0].take($1.value ?? [])
        }
        return isWhole ? answered : nil
    }

    /// - Parameter take: takes what is of a window, with the window's place.
    /// - Returns: false where it was interrupted.
    private func read(
        _ topic: String, _ what: String, _ connection: KafkaConnection, unless interruption: inout Interruption,
        _ take: (Int, KafkaRecord) -> Void
    ) throws(CommandFailure) -> Bool {
        let scan = TopicScan(connection: connection, topic: topic)
        return try scan.readToEnd(unless: &interruption) { record, seen in
            if let window = window(of: record) { take(window, record) }
            return "looking for \(what): \(seen) records"
        }
    }

    /// The place of the window that a step is of; nil where it is of none.
    private func window(of record: KafkaRecord) -> Int? {
        guard let value = try? JSONValue.parse(record.value ?? []),
            let step = value["request_id"]?.string.flatMap(StepID.init),
            let (id, number) = WalkForwardPlan.window(ofSweep: step.sweep), id == plan.id, number <= plan.windows.count
        else { return nil }
        return number - 1
    }

    private func idIsTaken(_ topic: String) -> CommandFailure {
        CommandFailure(
            "\(topic) holds steps of another walk-forward \(plan.id), or of this one over another version of the data, and "
                + "nothing was sent: results under one id must be of one. Give this one another optimization_id, or none, "
                + "and it is named after its content", code: ExitCode.dataError)
    }

    // MARK: What is said

    /// - Parameter sent: what became of its steps.
    private func summary(_ sent: [JSONMember]) -> String {
        let members = [
            JSONMember("optimization_id", .string(plan.id)), JSONMember("sets", .integer(setCount)),
            JSONMember("steps", .integer(plan.stepCount)), JSONMember("windows", .array(plan.windows.map(Self.shown))),
            JSONMember("unused_bars", .integer(plan.unused)),
            JSONMember("version", plan.version.map { .string($0) } ?? .null),
        ]
        return JSONValue.object(members + sent).text
    }

    private static func shown(_ window: WalkForwardPlan.Window) -> JSONValue {
        func shown(_ span: WalkForwardPlan.Span) -> JSONValue {
            .object([
                JSONMember("start", .string(span.start)), JSONMember("end", .string(span.end)),
                JSONMember("bars", .integer(span.bars)),
            ])
        }
        return .object([
            JSONMember("optimization_id", .string(window.sweep.id)),
            JSONMember("steps", .integer(window.sweep.stepCount)),
            JSONMember("in_sample", shown(window.inSample)), JSONMember("out_of_sample", shown(window.outOfSample)),
        ])
    }
}
