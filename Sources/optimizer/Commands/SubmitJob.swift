import Kafka
import Messages
import Worker

/// One `optimizer submit`: what it reads, sends and says.
struct SubmitJob {
    enum Mode {
        case allOrNothing, skipBad, unchecked
    }

    let mode: Mode
    private let key: [UInt8]?
    private let isJSON: Bool
    private let check: RequestCheck
    /// What was read and found good, before anything is sent.
    private var accepted: [(number: Int, line: [UInt8])] = []
    private var badLines = 0
    /// Members that nodes pass over, of which it was said.
    private var toldMembers: Set<String> = []
    /// Where the results topic ended before anything was sent.
    var resultsBegin: TopicPlaces?
    private var progress = ProgressLine()
    private static let shownBadLines = 20

    init(_ arguments: Arguments, _ check: RequestCheck) {
        self.check = check
        mode = Self.mode(of: arguments)
        key = arguments.value("key").map { Array($0.utf8) }
        isJSON = arguments.has("json")
    }

    static func mode(of arguments: Arguments) -> Mode {
        arguments.has("no-check") ? .unchecked : arguments.has("skip-bad") ? .skipBad : .allOrNothing
    }

    /// Reads and checks the whole input.
    /// - Throws: that lines are bad, code 65, once each of them has been named.
    mutating func readAll(_ input: inout InputLines) throws(CommandFailure) {
        while let line = try nextGood(&input, waitMs: -1) {
            if let line { accepted.append((input.number, line)) }
            let count = accepted.count
            progress.show("\(count) lines checked")
        }
        progress.clear()
        guard badLines == 0 else {
            throw CommandFailure(
                "\(Self.count(badLines, "bad line")) in \(input.name), so nothing was sent; correct them, "
                    + "or send the others with --skip-bad", code: ExitCode.dataError)
        }
    }

    /// Checks the one request that is the whole input.
    /// - Throws: what is wrong with it, code 65.
    mutating func take(document: [UInt8], from name: String) throws(CommandFailure) {
        switch check.look(at: document) {
        case .wrong(let problem): throw CommandFailure("\(name): \(problem)", code: ExitCode.dataError)
        case .good(let ignored):
            tell(ignored, at: name)
            accepted = [(1, document)]
        }
    }

    /// Sends what was read, or, where nothing has been read yet, each line as it comes.
    mutating func send(
        _ input: inout InputLines, to sender: RecordSender, unless interruption: inout Interruption
    ) throws(CommandFailure) {
        for (number, line) in accepted {
            guard send(line, number, to: sender, unless: &interruption) else { return }
        }
        guard mode != .allOrNothing else { return }
        while !interruption.check(), let line = try nextGood(&input, waitMs: 100) {
            guard let line else {
                sender.drain()
                continue
            }
            guard send(line, input.number, to: sender, unless: &interruption) else { return }
        }
    }

    private mutating func send(
        _ line: [UInt8], _ number: Int, to sender: RecordSender, unless interruption: inout Interruption
    ) -> Bool {
        guard sender.send(key: key, value: line, token: UInt64(number), unless: &interruption) else { return false }
        if sender.sent % 1000 == 0 { sender.drain() }
        showProgress(sender)
        return true
    }

    /// A document written over many lines would be as many bad lines.
    private func refuseDocument(_ line: [UInt8], _ input: borrowing InputLines) throws(CommandFailure) {
        guard input.number == 1, ["{", "["].contains(String(decoding: line, as: UTF8.self).filter { $0 != " " }) else {
            return
        }
        throw CommandFailure(
            "\(input.name):1: a JSON document over several lines; put each request on a line of its own "
                + "(jq -c does that)", code: ExitCode.dataError)
    }

    /// The next line that may be sent; an inner nil where there is none at the moment; nil at the end.
    private mutating func nextGood(_ input: inout InputLines, waitMs: Int32) throws(CommandFailure) -> [UInt8]?? {
        switch try input.next(waitMs: waitMs) {
        case .end: return nil
        case .nothingYet: return .some(nil)
        case .line(let line):
            guard line.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return .some(nil) }
            try refuseDocument(line, input)
            guard mode != .unchecked else { return line }
            let place = "\(input.name):\(input.number)"
            switch check.look(at: line) {
            case .good(let ignored):
                tell(ignored, at: place)
                return line
            case .wrong(let problem):
                noteBad("\(place): \(problem)")
                return .some(nil)
            }
        }
    }

    /// A newer node may know these members, so they are sent; a slip is told, once.
    private mutating func tell(_ ignored: [String], at place: String) {
        for name in ignored where toldMembers.count < Self.shownBadLines && toldMembers.insert(name).inserted {
            progress.clear()
            Output.words("\(place): the nodes pass over " + unknownMember(name, known: StrategyRequest.memberNames))
        }
    }

    private mutating func noteBad(_ text: String) {
        badLines += 1
        progress.clear()
        // Whoever skips bad lines has to learn of each; whoever corrects them begins with the first.
        if mode == .skipBad || badLines <= Self.shownBadLines { Output.words(text.escapedForTerminal) }
    }

    mutating func showProgress(_ sender: RecordSender) {
        progress.show("\(sender.sent) sent, \(sender.acknowledged) acknowledged")
    }

    mutating func clearProgress() { progress.clear() }

    /// Says what became of the requests.
    /// - Returns: the exit code.
    func report(
        _ sender: RecordSender, topic: String, _ input: String, isInterrupted: Bool
    ) throws(CommandFailure) -> Int32 {
        for refusal in sender.refusals {
            let remedy = refusal.failure.remedy.map { "; \($0)" } ?? ""
            Output.words("\(input):\(refusal.token): not taken: \(refusal.failure)\(remedy)")
        }
        if isJSON { try DataWriter.write([summary(sender, topic, isInterrupted)]) }
        var words = "\(Self.count(sender.acknowledged, "request")) acknowledged by \(topic)"
        if sender.refused > 0 { words += ", \(sender.refused) not taken" }
        if badLines > 0 { words += ", \(Self.count(badLines, "bad line")) passed over" }
        if sender.outstanding > 0 { words += ", \(sender.outstanding) without an answer: they may be there or not" }
        if isInterrupted { words += "; interrupted before the end of \(input)" }
        Output.words(words)
        if sender.acknowledged > 0, let next { Output.words(next) }
        if isInterrupted { return Interruption.exitCode }
        guard sender.refused == 0, sender.outstanding == 0 else { return ExitCode.failure }
        return badLines > 0 ? ExitCode.dataError : ExitCode.success
    }

    /// What shows the results, and reads nothing that was there before.
    private var next: String? {
        guard let resultsBegin else { return nil }
        let id = accepted.count == 1 ? (try? JSONValue.parse(accepted[0].line))?["request_id"]?.string : nil
        // An id that a shell would take for something else is left to its submitter.
        let request = id.flatMap { $0.utf8.allSatisfy(Self.needsNoQuotes) ? " --follow --request \($0)" : nil } ?? ""
        return "next: optimizer results\(request) --from \(resultsBegin.text)"
    }

    private static func needsNoQuotes(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "._:-".utf8.contains(byte)
        }
    }

    private func summary(_ sender: RecordSender, _ topic: String, _ isInterrupted: Bool) -> String {
        JSONValue.object([
            JSONMember("topic", .string(topic)), JSONMember("acknowledged", .integer(sender.acknowledged)),
            JSONMember("not_taken", .integer(sender.refused)), JSONMember("unanswered", .integer(sender.outstanding)),
            JSONMember("bad_lines", .integer(badLines)), JSONMember("interrupted", .bool(isInterrupted)),
            JSONMember("results_from", resultsBegin.map { .string($0.text) } ?? .null),
        ]).text
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
