import Kafka
import Messages
import Worker

/// One `optimizer dead-letters replay`: what it sends and says.
struct DeadLetterReplay {
    private let choice: DeadLettersReplayCommand.Choice
    private let memory: ReplayMemory
    private let limit: Int
    private let isDryRun: Bool
    private var chosen = 0
    private var truncated = 0
    /// Those that need not be sent again.
    private var passedOver = 0
    /// Those that a dry run would send.
    private var planned = 0
    /// Where the dead letters of the tokens stand.
    private var places: [String] = []
    private var progress = ProgressLine()

    /// - Parameter limit: how many to send at most; nil: no bound.
    init(_ choice: DeadLettersReplayCommand.Choice, _ memory: ReplayMemory, limit: Int?, isDryRun: Bool) {
        self.choice = choice
        self.memory = memory
        self.limit = limit ?? .max
        self.isDryRun = isDryRun
    }

    /// - Returns: false when nothing more is to be read.
    mutating func take(
        _ event: TopicScan.Event, of topic: String, to sender: RecordSender, unless interruption: inout Interruption
    ) -> Bool {
        guard case .record(let record) = event else {
            sender.drain()
            return !interruption.check()
        }
        let letter = DeadLetterRecord(record: record)
        guard choice.takes(letter) else {
            // An offset that is gone gives the next one that is there.
            if case .one = choice { return false }
            return true
        }
        chosen += 1
        var isTaken = true
        if letter.isTruncated {
            truncated += 1
            Output.words(
                "\(letter.place): the original (\(letter.origin ?? "?")) was too large to be kept: submit it again")
        } else if let reason = memory.reason(toPassOver: letter, in: topic) {
            passedOver += 1
            if isDryRun { Output.words("\(letter.place): passed over, it \(reason)") }
        } else if isDryRun {
            planned += 1
            Output.words("\(letter.place): \(letter.code ?? "no code"), from \(letter.origin ?? "?")")
        } else {
            isTaken = send(letter, of: topic, sender, &interruption)
        }
        if case .one = choice { return false }
        return isTaken && max(planned, places.count) < limit
    }

    private mutating func send(
        _ letter: DeadLetterRecord, of topic: String, _ sender: RecordSender, _ interruption: inout Interruption
    ) -> Bool {
        let isTaken = sender.send(
            key: letter.originalKey, value: letter.record.value,
            headers: letter.originalHeaders + [KafkaHeader(ReplayMemory.header, letter.name(in: topic))],
            token: UInt64(places.count), unless: &interruption)
        if isTaken { places.append(letter.place) }
        if places.count % 1000 == 0 { sender.drain() }
        showProgress(sender)
        return isTaken
    }

    mutating func showProgress(_ sender: RecordSender) {
        progress.show("\(sender.sent) sent, \(sender.acknowledged) acknowledged")
    }

    /// Says what became of the dead letters.
    /// - Returns: the exit code.
    mutating func report(
        _ sender: RecordSender, from source: String, to target: String, isInterrupted: Bool, isJSON: Bool
    ) throws(CommandFailure) -> Int32 {
        progress.clear()
        for refusal in sender.refusals {
            Output.words("\(places[Int(refusal.token)]): not taken: \(refusal.failure)")
        }
        if isJSON { try DataWriter.write([summary(sender, isInterrupted)]) }
        guard chosen > 0 || isInterrupted else {
            Output.words("no such dead letter in \(source)")
            return ExitCode.failure
        }
        var words =
            isDryRun
            ? "\(planned) would be sent to \(target)"
            : "\(sender.acknowledged) of \(chosen) sent to \(target)"
        if passedOver > 0 {
            words +=
                ", \(passedOver) passed over, since they were sent again before or their requests have completed "
                + "(--again sends them all the same)"
        }
        if truncated > 0 { words += ", \(truncated) passed over, since they were not kept" }
        if sender.refused > 0 { words += ", \(sender.refused) not taken" }
        if sender.outstanding > 0 { words += ", \(sender.outstanding) without an answer: they may be there or not" }
        if isInterrupted { words += "; interrupted before the end of \(source)" }
        Output.words(words)
        if isInterrupted { return Interruption.exitCode }
        return truncated + sender.refused + sender.outstanding > 0 ? ExitCode.failure : ExitCode.success
    }

    private func summary(_ sender: RecordSender, _ isInterrupted: Bool) -> String {
        JSONValue.object([
            JSONMember("chosen", .integer(chosen)), JSONMember("acknowledged", .integer(sender.acknowledged)),
            JSONMember("passed_over", .integer(passedOver)), JSONMember("not_kept", .integer(truncated)),
            JSONMember("not_taken", .integer(sender.refused)),
            JSONMember("unanswered", .integer(sender.outstanding)), JSONMember("interrupted", .bool(isInterrupted)),
        ]).text
    }
}
