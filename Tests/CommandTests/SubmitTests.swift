import Glibc
import Kafka
import Messages
import TestSupport
import Testing

/// Every test has topics of its own: what is in the topic is what it submitted.
@Suite(.machine) struct SubmitTests {
    private let bench: Bench
    private var topic: String { bench.names.requests }

    init() throws { bench = try Bench() }

    private func values() throws -> [String] {
        try bench.records(topic).map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    @Test func everyLineArrivesAsItIs() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        // Spaces, an escape, an unknown member, a line without an end, one that ends as Windows ends lines.
        let lines = [
            #"{ "request_id" : "a\u0041", "strategy":{"name":"noop"}, "new":[1, 2] }"#, Bench.request("b"),
            Bench.request("c"),
        ]
        let file = try bench.folder.write(lines[0] + "\n\n" + lines[1] + "\r\n  \n" + lines[2], to: "in.jsonl")
        let outcome = try bench.optimizer(["submit", file])
        #expect(outcome.code == 0)
        #expect(outcome.output == "")
        let words = outcome.words.split(separator: "\n")
        #expect(words.count == 3)
        #expect(words.first?.hasPrefix(#"\#(file):1: the nodes pass over an unknown member "new"; it takes "#) == true)
        #expect(words.first?.contains("request_id, strategy, ") == true)
        #expect(words.dropFirst().first == "3 requests acknowledged by \(topic)")
        #expect(try Set(values()) == Set(lines))
        #expect(try values().count == 3)
    }

    @Test func withoutAKeyTheyGoToAllPartitions() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let lines = (0..<60).map { Bench.request("r\($0)") + "\n" }.joined()
        let outcome = try bench.optimizer(["submit", "-", "--json"], input: lines)
        #expect(outcome.code == 0)
        let summary = try objects(outcome.output)
        #expect(summary.count == 1)
        #expect(summary.first?["acknowledged"]?.integer == 60)
        #expect(summary.first?["topic"]?.string == topic)
        let partitions = try bench.records(topic).map(\.partition)
        #expect((0..<6).allSatisfy { number in partitions.count { $0 == number } == 10 })
        #expect(try bench.records(topic).allSatisfy { $0.key == nil })
    }

    @Test func withAKeyTheyStayInOrderOnOnePartition() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let lines = (0..<20).map { Bench.request("r\($0)") }
        let outcome = try bench.optimizer(["submit", "-", "--key", "k1"], input: lines.joined(separator: "\n"))
        #expect(outcome.code == 0)
        let records = try bench.records(topic)
        #expect(Set(records.map(\.partition)).count == 1)
        #expect(records.allSatisfy { $0.key == Array("k1".utf8) })
        #expect(try values() == lines)
    }

    private static let mixed = [
        Bench.request("good"), "not json", Bench.request("b", "nop"), "",
        Bench.request("c", "sma_crossover", #"{"fst":3}"#), Bench.request("also-good"),
    ].joined(separator: "\n")

    @Test func aBadLineIsNamedAndNothingIsSent() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let file = try bench.folder.write(Self.mixed, to: "mixed.jsonl")
        let outcome = try bench.optimizer(["submit", file])
        #expect(outcome.code == 65)
        let words = outcome.words.split(separator: "\n")
        #expect(words.count == 4)
        #expect(words[0].hasPrefix("\(file):2: the request is not valid JSON: byte 0"))
        #expect(words[1].hasPrefix(#"\#(file):3: this node has no strategy "nop", did you mean "noop"?"#))
        #expect(words[1].contains("--no-check"))
        #expect(words[2].hasPrefix(#"\#(file):5: strategy.parameters has an unknown parameter "fst""#))
        #expect(words[3].contains("3 bad lines"))
        #expect(try values().isEmpty)
    }

    @Test func badLinesCanBePassedOver() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let outcome = try bench.optimizer(["submit", "-", "--skip-bad", "--json"], input: Self.mixed)
        #expect(outcome.code == 65)
        #expect(outcome.words.contains("standard input:2:") && outcome.words.contains("standard input:5:"))
        let summary = try #require(objects(outcome.output).first)
        #expect(summary["acknowledged"]?.integer == 2)
        #expect(summary["bad_lines"]?.integer == 3)
        #expect(try Set(values()) == [Bench.request("good"), Bench.request("also-good")])
    }

    @Test func withoutACheckAnythingIsSent() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let outcome = try bench.optimizer(["submit", "-", "--no-check"], input: Self.mixed)
        #expect(outcome.code == 0)
        #expect(try Set(values()) == Set(Self.mixed.split(separator: "\n").map(String.init)))
    }

    @Test func theCheckIsThatOfANodeWithThisConfiguration() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let off = try bench.optimizer(
            ["submit", "-", "--set", "disabledStrategies=[noop]"], input: Bench.request("a"))
        #expect(off.code == 65)
        #expect(off.words.contains(#"standard input:1: the strategy "noop" is switched off"#))
        let file = try bench.folder.write(
            """
            strategies:
              mine:
                command: [cat]
                parameters: { size: { type: integer, min: 1, max: 9, default: 2 } }
            """, to: "external.yml")
        func submit(_ parameters: String) throws -> Program.Outcome {
            try bench.optimizer(["submit", "-", "--config", file], input: Bench.request("a", "mine", parameters))
        }
        #expect(try submit(#"{"size":3}"#).code == 0)
        let wrong = try submit(#"{"size":30}"#)
        #expect(wrong.code == 65)
        #expect(wrong.words.contains("strategy.parameters.size is 30, must be an integer from 1 to 9"))
        #expect(try values() == [Bench.request("a", "mine", #"{"size":3}"#)])
    }

    @Test func whatAHostWouldRefuseIsRefusedBeforeItIsSent() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        func line(_ more: String, _ strategy: String = "buy_and_hold") -> String {
            #"{"request_id":"x","strategy":{"name":"\#(strategy)"}\#(more)}"#
        }
        let data = #","data":{"dataset":"walk"}"#
        let cases = [
            ("", "data is missing"), (#","data":{"datset":"walk"}"#, #"did you mean "dataset"?"#),
            (data + #","account":{"cash":-5}"#, "account.cash is -5"),
            (#","data":{"dataset":"../etc"}"#, #"data.dataset is "../etc""#),
            (#","data":{"dataset":"walk","version":"latest"}"#, #"data.version is "latest""#),
            (data + #","output":{"trades":1}"#, "output.trades is 1"),
            (data + #","type":"optimization","parameters":[{"name":"cross"}],"step":{}"#, "parameters[0]"),
        ]
        let outcome = try bench.optimizer(
            ["submit", "-"], input: cases.map { line($0.0) + "\n" }.joined() + line(data) + "\n" + line("", "noop"))
        #expect(outcome.code == 65)
        let words = outcome.words.split(separator: "\n")
        #expect(words.count == cases.count + 1)
        for (index, (word, (_, expected))) in zip(words, cases).enumerated() {
            #expect(word.hasPrefix("standard input:\(index + 1): ") && word.contains(expected), "\(word)")
        }
        #expect(try values().isEmpty)
        // Whether the nodes have the data set, only they know.
        #expect(try bench.optimizer(["submit", "-"], input: line(data)).code == 0)
    }

    @Test func oneRequestMayStandOnSeveralLinesAndSeveralAreOneMistake() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        func document(_ id: String, _ strategy: String = "noop") -> String {
            "\n{\n  \"request_id\": \"\(id)\",\n  \"strategy\": {\"name\": \"\(strategy)\"}\n}\n"
        }
        let wrong = try bench.optimizer(["submit", "-"], input: document("a", "nop"))
        #expect(wrong.code == 65)
        #expect(wrong.words.contains(#"standard input: this node has no strategy "nop", did you mean "noop"?"#))
        let two = try bench.optimizer(["submit", "-"], input: String(document("a").dropFirst()) + document("b"))
        #expect(two.code == 65)
        #expect(two.words.split(separator: "\n").count == 1)
        #expect(two.words.contains("standard input:1: a JSON document over several lines"))
        #expect(try values().isEmpty)
        #expect(try bench.optimizer(["submit", "-"], input: document("a")).code == 0)
        #expect(try values() == [String(document("a").dropFirst().dropLast())])
    }

    @Test func whatLacksItsTypeIsTakenForTheSweepThatItIsMeantToBe() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let sweep = SweepBench.sweep("untyped").replacing(#""type": "optimization", "#, with: "")
        let outcome = try bench.optimizer(["submit", "-"], input: sweep)
        #expect(outcome.code == 65)
        #expect(outcome.words.contains(#"standard input: type must be "optimization" for a sweep"#), "\(outcome.words)")
        #expect(outcome.words.contains("optimizer submit --example sweep"), "\(outcome.words)")
    }

    @Test func whatTheBrokerDoesNotTakeIsNamedAndTheOthersArrive() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let large =
            #"{"request_id":"large","strategy":{"name":"noop"},"labels":{"x":""#
            + String(repeating: "y", count: 1_100_000) + #""}}"#
        let outcome = try bench.optimizer(
            ["submit", "-", "--json"], input: [Bench.request("a"), large, Bench.request("b")].joined(separator: "\n"))
        #expect(outcome.code == 1)
        #expect(outcome.words.contains("standard input:2: not taken: MSG_SIZE_TOO_LARGE"))
        let summary = try #require(objects(outcome.output).first)
        #expect(summary["acknowledged"]?.integer == 2)
        #expect(summary["not_taken"]?.integer == 1)
        #expect(try values().count == 2)
    }

    @Test func anInterruptionSaysWhatHasBeenSent() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        // An endless input: the lines go out as they come.
        let submit = try bench.start(["submit", "-", "--skip-bad", "--json"], input: .pipe)
        submit.write(Bench.request("a") + "\n" + Bench.request("b") + "\n")
        try eventually("the first two requests") { try values().count == 2 }
        submit.signal(SIGINT)
        let outcome = try submit.outcome()
        #expect(outcome.code == 130)
        let summary = try #require(objects(outcome.output).first)
        #expect(summary["acknowledged"]?.integer == 2)
        #expect(summary["interrupted"]?.bool == true)
        #expect(outcome.words.contains("2 requests acknowledged by \(topic); interrupted before the end"))
    }

    @Test func theEndOfAPipeIsTheEndOfTheRequests() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let submit = try bench.start(["submit", "-"], input: .pipe)
        let last = Bench.request("b")
        submit.write(Bench.request("a") + "\n" + last.prefix(10))
        submit.write(String(last.dropFirst(10)))
        submit.closeInput()
        let outcome = try submit.outcome()
        #expect(outcome.code == 0)
        #expect(try Set(values()) == [Bench.request("a"), Bench.request("b")])
    }

    @Test func aTopicThatIsNotThereIsNotMade() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let outcome = try bench.optimizer(["submit", "-", "--topic", "absent"], input: Bench.request("a"))
        #expect(outcome.code == 78)
        #expect(outcome.words.contains("optimizer topics create --brokers \(bench.address) --topic absent"))
        let check = try bench.optimizer(["topics", "check", "--topic", "absent"])
        #expect(check.code == 78)
    }

    @Test func requestsAreSentAlsoWhereTheResultsTopicIsNotShown() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let outcome = try bench.optimizer(
            ["submit", "-", "--json", "--set", "kafka.topics.results=hidden"], input: Bench.request("a"))
        #expect(outcome.code == 0)
        #expect(outcome.words == "1 request acknowledged by \(topic)\n")
        #expect(try objects(outcome.output).first?["results_from"] == .null)
    }

    @Test func manyRequestsAllArrive() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        // A queue that is full again and again: room has to be waited for.
        let count = 5000
        let lines = (0..<count).map { #"{"request_id":"\#($0)"}"# }.joined(separator: "\n")
        let outcome = try bench.optimizer(
            ["submit", "-", "--no-check", "--json", "--set", "kafka.producer.queue.buffering.max.messages=20"],
            input: lines)
        #expect(outcome.code == 0)
        #expect(try objects(outcome.output).first?["acknowledged"]?.integer == count)
        let lag = try objects(bench.optimizer(["lag", "--json"]).output)
        let ends = lag.first?["partitions"]?.elements?.compactMap { $0["end"]?.integer } ?? []
        #expect(ends.reduce(0, +) == count)
    }
}

@Suite(.machine) struct SubmitCallTests {
    @Test func anExampleIsOfARequestOrOfASweep() throws {
        let wrong = try Program.run(["submit", "--example", "swep"])
        #expect(wrong.code == 64)
        #expect(wrong.words.contains(#"no example of a "swep", did you mean "sweep"?"#), "\(wrong.words)")
        #expect(try Program.run(["submit", "--example", "sweep", "-"]).code == 64)
        let sweep = try Program.run(["submit", "--example", "sweep"])
        #expect(sweep.output == Files.text("deploy/examples/sweep.json"))
    }

    @Test(arguments: ["--dry-run", "--resend-failed", "--resend-all"])
    func requestsAreNotSentAsSweepsAre(_ option: String) throws {
        let outcome = try Program.run(["submit", "-", option], input: Bench.request("a"))
        #expect(outcome.code == 64)
        #expect(outcome.words.contains("\(option) is for sweeps"))
    }

    @Test func aFileThatCannotBeReadIsNoInput() throws {
        for name in ["absent.jsonl", "/"] {
            let outcome = try Program.run(["submit", name])
            #expect(outcome.code == 66)
            #expect(outcome.words.contains("cannot read \(name)"))
        }
    }

    @Test(arguments: [["submit"], ["submit", "a", "b"], ["submit", "-", "--key"]])
    func itTakesOneFile(_ words: [String]) throws {
        #expect(try Program.run(words).code == 64)
    }
}
