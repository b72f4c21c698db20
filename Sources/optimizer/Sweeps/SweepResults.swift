import Kafka
import Messages
import Strategies
import Worker

/// `optimizer results --sweep`: the steps of a sweep, put together.
struct SweepResults {
    private(set) var merge: SweepMerge
    /// Where a request of each submission lies, by its digest: the sweep's definition can be read there.
    private var origins: [String: RequestPlace] = [:]
    /// Submissions whose requests were looked at for the number of their steps.
    private var asked: Set<String> = []
    private let waitsForFailed: Bool
    private let connection: KafkaConnection
    /// All that the topic held at the beginning has been read: nothing is decided before, since what comes later may
    /// repair a failed step or be of a newer submission.
    private var isAtEnd = false
    private var progress = SweepProgress()
    /// The sweeps whose results or requests have been seen, for one whose name was mistyped.
    private var others = KnownSweeps()
    /// Of `--all`.
    private var figures: SetFigures?
    /// Neither topic holds anything of this sweep.
    private var isUnknown = false

    static func run(_ id: String, _ arguments: Arguments) throws(CommandFailure) -> Int32 {
        for name in ["walk-forward", "request", "count", "from-now"] where arguments.has(name) {
            throw .usage("--\(name) does not go with --sweep")
        }
        // Said before an hour of waiting, not after.
        _ = try HeatMap.Over(arguments)
        let figures = try SetFigures(arguments)
        let scan = try ResultsStart.scan(ofSteps: arguments)
        let connection = scan.connection
        var interruption = Interruption()
        var results = SweepResults(id, connection, waitsForFailed: arguments.has("follow"))
        results.figures = figures
        _ = try scan.run { event throws(CommandFailure) in
            try results.take(event, unless: &interruption)
        }
        results.learnStepCount()
        results.progress.clear()
        guard !results.isUnknown else {
            Output.words(
                results.others.unknown(id, results: scan.topic, requests: connection.topics.requests).escapedForTerminal
            )
            return ExitCode.failure
        }
        if let problem = results.merge.problem { throw CommandFailure(problem.message, code: ExitCode.dataError) }
        let merged = results.merge.merged()
        let value = (try? JSONValue.parse(merged)) ?? .null
        if figures != nil {
            if let digest = results.merge.digest { try results.figures?.finish(digest) }
        } else {
            try DataWriter.write(
                arguments.has("json")
                    ? [String(decoding: merged.escapedJSONForTerminal, as: UTF8.self)] : SweepTable.lines(value))
        }
        if let path = arguments.value("html") {
            try SweepReportFile.write(path, value, results, connection, arguments)
        }
        return SweepEnd(results.merge, SweepSummary(merged: value)).report(isInterrupted: interruption.hasCome)
    }

    private init(_ id: String, _ connection: KafkaConnection, waitsForFailed: Bool) {
        merge = SweepMerge(id: id)
        self.connection = connection
        self.waitsForFailed = waitsForFailed
    }

    /// Where a request of the submission that counts lies.
    var origin: RequestPlace? { merge.digest.flatMap { origins[$0] } }

    /// Every step has a result, or, where failed ones are waited for, a good one. A sweep of nothing but failures,
    /// whose requests are gone, can say no more than it has said.
    private var isSettled: Bool {
        guard merge.problem == nil else { return true }
        let failed = waitsForFailed ? 0 : merge.failedSteps.count
        guard let stepCount = merge.stepCount else { return failed > 0 && asked.contains(merge.digest ?? "") }
        return merge.completedCount + failed >= stepCount
    }

    private mutating func take(
        _ event: TopicScan.Event, unless interruption: inout Interruption
    ) throws(CommandFailure) -> Bool {
        switch event {
        case .record(let record): try take(record)
        case .caughtUp:
            isAtEnd = true
            // Who follows may be there before the sweep is submitted.
            if merge.digest == nil, !waitsForFailed, !interruption.check() {
                isUnknown = !others.findRequest(of: merge.id, connection, unless: &interruption)
                if isUnknown { return false }
            }
            progress.begin()
        case .lull: break
        }
        if isAtEnd { learnStepCount() }
        if isAtEnd, merge.problem == nil, let digest = merge.digest { try figures?.write(digest) }
        progress.show(
            SweepProgress.State(
                sweep: merge.id, completed: merge.completedCount, failed: merge.failedSteps.count,
                total: merge.stepCount))
        return !interruption.check() && !(isAtEnd && isSettled)
    }

    private mutating func take(_ record: KafkaRecord) throws(CommandFailure) {
        guard let value = record.value, let result = try? JSONValue.parse(value) else { return }
        guard let step = merge.stepID(of: result) else { return others.note(result) }
        let outcome = merge.add(result, at: record.timestampMs ?? 0)
        if outcome == .added, result["status"]?.string == ResultStatus.completed.rawValue {
            try figures?.take(result, step)
        }
        if origins[step.digest] == nil { origins[step.digest] = RequestPlace(ofResult: result) }
    }

    /// A failure does not say how many steps there are; the request it is of does.
    private mutating func learnStepCount() {
        guard merge.stepCount == nil, let digest = merge.digest, asked.insert(digest).inserted,
            let request = origin?.request(connection)
        else { return }
        merge.learn(fromRequest: request)
    }
}
