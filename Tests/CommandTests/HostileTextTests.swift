import Kafka
import Messages
import TestSupport
import Testing

@testable import optimizer

/// What strangers put into requests, keys and topics clears nobody's screen, and forges no line.
@Suite(.broker) struct HostileTextTests {
    /// Clears the screen; the same in one character; a line of its own; the order of letters turned round.
    private static let hostile = "x\u{1B}[2J\u{9B}2J\n12:00:00 ERROR forged\r\u{202E}y"
    private static let asJSON = #"x\u001b[2J\u009b2J\n12:00:00 ERROR forged\r\u202ey"#

    private func expectHarmless(_ outcome: Program.Outcome, _ command: String) {
        for text in [outcome.output, outcome.words] {
            let acting = text.unicodeScalars.filter {
                $0 != "\n" && ($0.properties.generalCategory == .control || $0.properties.isBidiControl)
            }
            #expect(acting.isEmpty, "\(command): \(acting.map { $0.value })")
            #expect(!text.split(separator: "\n").contains { $0.hasPrefix("12:00:00") }, "\(command)")
        }
    }

    @Test func noCommandPutsItOnATerminal() throws {
        let names = try bench.names
        // What JSON lets stand as it is.
        let raw = Self.hostile.filter { !["\n", "\r", "\u{1B}"].contains($0) }
        let line =
            #"{"request_id":"\#(Self.asJSON)","status":"failed","strategy":{"name":"\#(Self.asJSON)"},"#
            + #""error":{"code":"c","message":"\#(raw)"}}"#
        try bench.produce(names.results, key: Array(Self.hostile.utf8), value: Array(line.utf8))
        let problem = RequestProblem(.unknownStrategy, "no strategy \"\(Self.hostile)\"")
        let origin = RequestOrigin(topic: Self.hostile, partition: 0, offset: 1, key: Array(Self.hostile.utf8))
        let reasons = DeadLetter.headers(
            origin: origin, failure: StrategyResult.Failure(problem), node: Self.hostile)
        try bench.produce(
            names.deadLetters, key: Array(Self.hostile.utf8), value: Array(Self.hostile.utf8),
            headers: reasons.map { KafkaHeader(name: $0.name, value: $0.value) })
        let commands: [([String], String?)] = [
            (["results"], nil), (["results", "--json"], nil), (["results", "--request", Self.hostile], nil),
            (["results", "--sweep", Self.hostile], nil), (["dead-letters", "list"], nil),
            (["dead-letters", "list", "--json"], nil), (["dead-letters", "replay", "--all", "--dry-run"], nil),
            (["submit", "-"], #"{"request_id":"a","strategy":{"name":"\#(Self.asJSON)"}}"# + "\n"),
            (["submit", "-", "--no-check"], Self.hostile + "\n"), (["lag"], nil), ([Self.hostile], nil),
            (["results", "--\(Self.hostile)"], nil),
        ]
        for (words, input) in commands {
            expectHarmless(try bench.optimizer(words, input: input), words.joined(separator: " "))
        }
    }

    @Test func whatASweepSaysOfItsStepsDoesNotEither() throws {
        let sweeps = try SweepBench()
        defer { #expect(throws: Never.self) { try sweeps.close() } }
        let plan = try sweeps.plan(SweepBench.sweep("hostile", fastest: 4))
        try sweeps.produce(resultOf: plan, 0, engineVersion: Self.hostile)
        try sweeps.produce(failureOf: plan, 1, "rejected", Self.asJSON, Self.asJSON)
        let request = #"{"request_id":"\#(Self.asJSON):0123456789abcdef:0"}"#
        try sweeps.bench.produce(sweeps.bench.names.results, value: Array(request.utf8))
        for options in [[], ["--json"], ["--html", sweeps.bench.folder.file("page.html")]] {
            let outcome = try sweeps.merged("hostile", options)
            expectHarmless(outcome, "\(options)")
            #expect(outcome.words.contains("step 1 ") && outcome.words.contains(#"\u{1B}[2J"#), "\(outcome.words)")
        }
        expectHarmless(try sweeps.merged("hostil"), "an unknown sweep")
        expectHarmless(try sweeps.merged(Self.hostile), "a sweep of a hostile name")
    }

    @Test func aTableOfSetsDoesNotWhateverTheirParametersAreCalled() throws {
        let merged = try JSONValue.parse(
            Array(
                (#"{"objective":{"target":"\#(Self.asJSON)"},"top":[{"index":0,"#
                    + #""parameters":{"\#(Self.asJSON)":"\#(Self.asJSON)","b":{"c":"\#(Self.asJSON)"}}}]}"#).utf8))
        let lines = SweepTable.lines(merged)
        #expect(lines.count == 2)
        for line in lines { expectHarmless(Program.Outcome(code: 0, output: line, words: ""), "the table") }
        #expect(!lines.contains { $0.contains("\n") })
    }
}
