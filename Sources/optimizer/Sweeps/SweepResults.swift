import Kafka
import Messages
import Strategies
import Worker

/// `optimizer results --sweep`: the steps of a sweep, put together.
struct SweepResults {
    private(set) var merge: SweepMerge
    /// Where a request of this sweep lies: its definition can be read there.
    private(set) var origin: RequestPlace?
    private let waitsForFailed: Bool
    private var progress = SweepProgress()

    static func run(_ id: String, _ arguments: Arguments) throws(CommandFailure) -> Int32 {
        for name in ["request", "count", "from-now"] where arguments.has(name) {
            throw .usage("--\(name) does not go with --sweep")
        }
        let timeout = try arguments.integer("timeout-ms", in: 1...86_400_000)
        let connection = try KafkaConnection(arguments, topic: \.results)
        var interruption = Interruption()
        let scan = TopicScan(
            connection: connection, topic: connection.topics.results, follows: !arguments.has("now"),
            timeout: timeout.map { .milliseconds($0) })
        var results = SweepResults(id, waitsForFailed: arguments.has("follow"))
        _ = try scan.run { event throws(CommandFailure) in
            try results.take(event, unless: &interruption)
        }
        results.progress.clear()
        try results.show(arguments)
        if let path = arguments.value("html") { try SweepReportFile.write(path, results, connection, arguments) }
        return results.report(isInterrupted: interruption.hasCome)
    }

    private init(_ id: String, waitsForFailed: Bool) {
        merge = SweepMerge(id: id)
        self.waitsForFailed = waitsForFailed
    }

    /// Every step has a result, or, where failed ones are waited for, a good one.
    private var isSettled: Bool {
        guard let stepCount = merge.stepCount else { return false }
        return merge.completedCount + (waitsForFailed ? 0 : merge.failedSteps.count) >= stepCount
    }

    private mutating func take(
        _ event: TopicScan.Event, unless interruption: inout Interruption
    ) throws(CommandFailure) -> Bool {
        if case .record(let record) = event, let value = record.value { try take(value) }
        progress.show(
            merge.completedCount, of: merge.stepCount, failed: merge.failedSteps.count, sweep: merge.id)
        return !interruption.check() && !isSettled
    }

    private mutating func take(_ result: [UInt8]) throws(CommandFailure) {
        do throws(RequestProblem) {
            guard try merge.add(result) == .added, origin == nil else { return }
            origin = RequestPlace(ofResult: result)
        } catch {
            throw CommandFailure(error.message, code: ExitCode.dataError)
        }
    }

    private func show(_ arguments: Arguments) throws(CommandFailure) {
        if arguments.has("json") {
            var writer = DataWriter()
            try writer.line(merge.merged())
            return try writer.flush()
        }
        let objective = (try? JSONValue.parse(merge.merged()))?["objective"]?["target"]?.string ?? "objective"
        try DataWriter.write(SweepTable.lines(merge, objective: objective))
    }

    private static let shownFailures = 20

    /// Says what is missing.
    /// - Returns: the exit code.
    private func report(isInterrupted: Bool) -> Int32 {
        let failed = merge.failedSteps.sorted { $0.key < $1.key }
        for (step, failure) in failed.prefix(Self.shownFailures) {
            Output.words("step \(step) \(failure.status) (\(failure.code)): \(failure.message)".printable)
        }
        if failed.count > Self.shownFailures {
            Output.words("and \(failed.count - Self.shownFailures) more failed steps")
        }
        guard let total = merge.stepCount else {
            Output.words("no step of the sweep \(merge.id) has a result".printable)
            return isInterrupted ? Interruption.exitCode : ExitCode.failure
        }
        var words = "\(merge.completedCount) of \(total) steps of \(merge.id) are complete"
        if !failed.isEmpty { words += ", \(failed.count) failed" }
        let unanswered = total - merge.completedCount - failed.count
        if unanswered > 0 { words += ", \(unanswered) have no result yet" }
        Output.words(words.printable)
        if isInterrupted { return Interruption.exitCode }
        return merge.isComplete ? ExitCode.success : ExitCode.failure
    }
}
