import Configuration
import Kafka
import Messages
import Strategies
import Worker

/// `optimizer submit` of a sweep: its steps into the requests topic.
struct SweepSubmission {
    private var plan: SweepPlan
    private let isJSON: Bool

    static func run(
        _ sweep: Sweep, _ arguments: Arguments, _ configuration: OptimizerConfiguration
    ) throws(CommandFailure) -> Int32 {
        try checkOptions(arguments)
        var plan: SweepPlan
        do throws(RequestProblem) {
            plan = try SweepPlan(sweep, dataRoot: configuration.data.root)
        } catch {
            throw CommandFailure(error.message, code: ExitCode.dataError)
        }
        if plan.wantsMeasuring { measure(&plan, configuration) }
        var submission = SweepSubmission(plan: plan, isJSON: arguments.has("json"))
        Output.words(submission.description)
        guard !arguments.has("dry-run") else { return try submission.endDryRun() }
        return try submission.send(arguments)
    }

    /// - Throws: what does not go together, code 64.
    static func checkOptions(_ arguments: Arguments) throws(CommandFailure) {
        guard arguments.value("key") == nil else {
            throw .usage("--key would put all steps on one partition, for one node; a sweep goes to all of them")
        }
        guard arguments.has("resend-failed") else { return }
        for name in ["resend-all", "dry-run"] where arguments.has(name) {
            throw .usage("--resend-failed asks the topics what has failed, and does not go with --\(name)")
        }
    }

    /// Cuts the sweep by how long its sets take here. Where nothing can be measured it stays as it is, with a word.
    static func measure(_ plan: inout SweepPlan, _ configuration: OptimizerConfiguration) {
        let name = plan.sweep.externalStrategy?.name ?? ""
        do throws(CommandFailure) {
            let trial = try SweepTrial.run(plan, configuration)
            if let failure = trial.failure {
                Output.words(
                    "\(name): of the sets that were tried here, one could not run: \(failure.escapedForTerminal)")
            }
            let own = configuration.strategies.first { $0.name == name }?.limits.timeoutMs
            switch trial.outcome {
            case .took(let setMs):
                plan.cut(setMs: setMs, timeoutMs: own ?? configuration.limits.timeoutMs)
                Output.words("\(name): a set takes \(setMs.fixed(setMs < 10 ? 1 : 0)) ms on this machine")
            case .overdue:
                plan.cut(setsPerStep: 1)
                Output.words(
                    "\(name): the few sets that were tried here did not end within \(SweepTrial.timeoutMs / 1000) s: "
                        + "each set is a step; search.sets_per_step says another number")
            case .undecided: tellUnmeasured(name, "none of those that were tried was decided")
            }
        } catch {
            tellUnmeasured(name, error.message)
        }
    }

    private static func tellUnmeasured(_ name: String, _ why: String) {
        Output.words(
            "\(name): how long a set takes could not be measured here (\(why.escapedForTerminal)); "
                + "search.sets_per_step says how many sets are a step")
    }

    private init(plan: SweepPlan, isJSON: Bool) {
        self.plan = plan
        self.isJSON = isJSON
    }

    private var description: String {
        let version = plan.version.map { ", version \($0.prefix(19))" } ?? ""
        let datasets = plan.isOfSeveral ? " of \(StepSending.count(plan.versions.count, "data set"))" : ""
        let drawn = plan.sweep.drawnBy.map { " (\($0))" } ?? ""
        return
            "sweep \(plan.id): \(plan.sweep.setCount) sets\(drawn) in \(StepSending.count(plan.stepCount, "step")) of "
            + "up to \(plan.setsPerStep), over \(plan.bars) bars\(datasets)\(version)"
    }

    private func endDryRun() throws(CommandFailure) -> Int32 {
        if isJSON { try DataWriter.write([summary(StepSending(topic: "", stepCount: plan.stepCount).summary(nil))]) }
        Output.words("a dry run: nothing was sent")
        return ExitCode.success
    }

    private mutating func send(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        let connection = try KafkaConnection(arguments, topic: \.requests)
        let topic = try connection.topic(connection.topics.requests)
        var interruption = Interruption()
        guard let known = try stepsThere(connection, unless: &interruption) else { return StepSending.endInterrupted() }
        if let rounds = SweepRounds(plan) {
            return try send(rounds, known, connection, topic, arguments, unless: &interruption)
        }
        var sending = StepSending(topic: topic.name, stepCount: plan.stepCount)
        guard let missing = try stepsToSend(known, connection, arguments, &sending.completed, unless: &interruption)
        else { return StepSending.endInterrupted() }
        sending.alreadyThere = plan.stepCount - missing.count
        if sending.alreadyThere == 0 { sending.resultsBegin = TopicPlaces.endsOfResults(connection) }
        let sender = try RecordSender(connection, topic: topic)
        defer { sender.close() }
        sending.send(missing.count, to: sender, unless: &interruption) { plan.request(step: missing[$0]) }
        return try end(sending, sender, isInterrupted: interruption.hasCome) { missing[$0] }
    }

    /// Sends one round after the other, each when the one before has its results.
    private func send(
        _ rounds: SweepRounds, _ known: SentSteps, _ connection: KafkaConnection, _ topic: TopicDescription,
        _ arguments: Arguments, unless interruption: inout Interruption
    ) throws(CommandFailure) -> Int32 {
        guard !arguments.has("resend-all") else {
            throw .usage("--resend-all does not go with a sweep in rounds, whose steps wait for each other")
        }
        var sending = StepSending(topic: topic.name, stepCount: plan.stepCount)
        var scan = TopicScan(
            connection: connection, topic: connection.topics.results, follows: true, tellsEnd: true)
        if known.places.isEmpty {
            sending.resultsBegin = TopicPlaces.endsOfResults(connection)
            if let begin = sending.resultsBegin { scan.start = .offsets(begin.offsets) }
        }
        let sender = try RecordSender(connection, topic: topic)
        defer { sender.close() }
        var work = RoundSubmission(rounds, known, resendsFailed: arguments.has("resend-failed"))
        var progress = ProgressLine()
        var interrupted = interruption
        _ = try scan.run { event throws(CommandFailure) in
            sender.drain()
            progress.show(work.progress)
            let goesOn = work.take(event) { step, request in
                sender.send(key: nil, value: request, token: UInt64(step), unless: &interrupted)
            }
            return !interrupted.check() && goesOn && sender.refused == 0
        }
        interruption = interrupted
        sender.finish(unless: &interruption) {}
        progress.clear()
        sending.alreadyThere = work.keptCount
        if arguments.has("resend-failed") { sending.completed = min(work.completedCount, sending.alreadyThere) }
        let code = try end(sending, sender, isInterrupted: interruption.hasCome) { $0 }
        if let problem = work.problem { throw problem }
        return code
    }

    /// Says what became of the steps.
    ///
    /// - Parameter step: the number of the step that was sent under a token.
    /// - Returns: the exit code.
    private func end(
        _ sending: StepSending, _ sender: RecordSender, isInterrupted: Bool, step: (Int) -> Int
    ) throws(CommandFailure) -> Int32 {
        if isJSON { try DataWriter.write([summary(sending.summary(sender, isInterrupted: isInterrupted))]) }
        return sending.report(sender, isInterrupted: isInterrupted, results: "--sweep \(plan.id)") {
            "step \(step($0))"
        }
    }

    /// - Returns: nil where it was interrupted.
    private mutating func stepsThere(
        _ connection: KafkaConnection, unless interruption: inout Interruption
    ) throws(CommandFailure) -> SentSteps? {
        var known = SentSteps(of: plan)
        guard try known.read(connection, unless: &interruption) else { return nil }
        guard !known.hasOther else { throw idIsTaken(connection.topics.requests) }
        // Its steps are numbered by how it was cut then, whatever was measured now.
        if plan.wantsMeasuring, let sets = known.setsPerStep {
            let before = plan.stepCount
            plan.cut(setsPerStep: sets)
            if plan.stepCount != before {
                Output.words("steps of it were sent before, of up to \(sets) sets: so are the others")
            }
        }
        return known
    }

    /// - Parameter completed: where failed steps are sent again, how many are complete.
    /// - Returns: nil where it was interrupted.
    private func stepsToSend(
        _ known: SentSteps, _ connection: KafkaConnection, _ arguments: Arguments, _ completed: inout Int?,
        unless interruption: inout Interruption
    ) throws(CommandFailure) -> [Int]? {
        let all = 0..<plan.stepCount
        if arguments.has("resend-all") { return Array(all) }
        guard arguments.has("resend-failed") else { return all.filter { known.places[$0] == nil } }
        // After the requests: a result that comes meanwhile is of one that was seen.
        var answered = AnsweredSteps(of: plan)
        guard try answered.read(connection, unless: &interruption) else { return nil }
        completed = answered.completed.count
        return all.filter { answered.needs($0, sentAt: known.places[$0] ?? []) }
    }

    private func idIsTaken(_ topic: String) -> CommandFailure {
        CommandFailure(
            "\(topic) holds steps of another sweep \(plan.id), or of this one over another version of the data or cut in "
                + "another way, and nothing was sent: results under one id must be of one sweep. Give this one another "
                + "optimization_id, or none, and it is named after its content", code: ExitCode.dataError)
    }

    /// - Parameter sent: what became of its steps.
    private func summary(_ sent: [JSONMember]) -> String {
        let members = [
            JSONMember("optimization_id", .string(plan.id)), JSONMember("sets", .integer(plan.sweep.setCount)),
            JSONMember("steps", .integer(plan.stepCount)), JSONMember("sets_per_step", .integer(plan.setsPerStep)),
            JSONMember("bars", .integer(plan.bars)), JSONMember("version", plan.version.map { .string($0) } ?? .null),
        ]
        let versions = plan.versions.map { $0.map { JSONValue.string($0) } ?? .null }
        let several = plan.isOfSeveral ? [JSONMember("versions", .array(versions))] : []
        return JSONValue.object(members + several + sent).text
    }
}
