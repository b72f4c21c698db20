import Kafka
import Messages
import Worker

/// Steps on their way into the requests topic, and what is said of them in the end.
struct StepSending {
    let topic: String
    /// Of the sweep, or of all windows of a walk-forward.
    let stepCount: Int
    /// How many of them the topic held before.
    var alreadyThere = 0
    /// Where failed steps are sent again, how many are complete.
    var completed: Int?
    /// Where the results topic ended before anything was sent; nil also where results of the steps may lie before.
    var resultsBegin: TopicPlaces?

    /// - Parameters:
    ///   - count: how many are sent.
    ///   - request: one of them, from 0 on.
    func send(
        _ count: Int, to sender: RecordSender, unless interruption: inout Interruption, _ request: (Int) -> [UInt8]
    ) {
        var progress = ProgressLine()
        let missing = stepCount - alreadyThere
        for index in 0..<count {
            guard sender.send(key: nil, value: request(index), token: UInt64(index), unless: &interruption) else {
                break
            }
            if sender.sent % 1000 == 0 { sender.drain() }
            progress.show("\(sender.acknowledged) of \(missing) steps acknowledged")
        }
        sender.finish(unless: &interruption) {
            progress.show("\(sender.acknowledged) of \(missing) steps acknowledged")
        }
        progress.clear()
    }

    /// - Returns: the exit code.
    static func endInterrupted() -> Int32 {
        Output.words("interrupted before anything was sent")
        return Interruption.exitCode
    }

    /// - Parameters:
    ///   - results: the options of `results` that show them.
    ///   - name: what a person calls one of those sent.
    /// - Returns: the exit code.
    func report(
        _ sender: RecordSender, isInterrupted: Bool, results: String, name: (Int) -> String
    ) -> Int32 {
        for refusal in sender.refusals {
            let remedy = refusal.failure.remedy.map { "; \($0)" } ?? ""
            Output.words("\(name(Int(refusal.token))): not taken: \(refusal.failure)\(remedy)")
        }
        var words = "\(Self.count(sender.acknowledged, "step")) acknowledged by \(topic)"
        if let completed {
            words += ", \(completed) are complete, \(alreadyThere - completed) have no result yet"
        } else if alreadyThere > 0 {
            words += ", \(alreadyThere) were there already (--resend-failed sends those again that failed)"
        }
        if sender.refused > 0 { words += ", \(sender.refused) not taken" }
        if sender.outstanding > 0 { words += ", \(sender.outstanding) without an answer: they may be there or not" }
        Output.words(words)
        let isWhole = sender.acknowledged + alreadyThere == stepCount
        Output.words(
            isWhole
                ? "next: optimizer results \(results)" + (resultsBegin.map { " --from \($0.text)" } ?? "")
                : "the same command again sends the steps that are missing")
        if isInterrupted { return Interruption.exitCode }
        return isWhole ? ExitCode.success : ExitCode.failure
    }

    /// What `--json` says of them.
    ///
    /// - Parameter sender: nil where nothing was to be sent.
    func summary(_ sender: RecordSender?, isInterrupted: Bool = false) -> [JSONMember] {
        [
            JSONMember("topic", topic.isEmpty ? .null : .string(topic)),
            JSONMember("acknowledged", .integer(sender?.acknowledged ?? 0)),
            JSONMember("already_there", .integer(alreadyThere)),
            JSONMember("not_taken", .integer(sender?.refused ?? 0)),
            JSONMember("unanswered", .integer(sender?.outstanding ?? 0)),
            JSONMember("interrupted", .bool(isInterrupted)),
            JSONMember("results_from", resultsBegin.map { .string($0.text) } ?? .null),
        ]
    }

    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
