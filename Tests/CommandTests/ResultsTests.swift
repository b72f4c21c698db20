import Glibc
import Kafka
import Messages
import TestSupport
import Testing

@Suite(.node) struct ResultsTests {
    private var topic: String { get throws { try bench.names.results } }

    @Test func aResultIsFoundByItsRequest() throws {
        try bench.process([Bench.request("found", "sleep", #"{"ms":1}"#)], ["found"])
        let outcome = try bench.optimizer(["results", "--request", "found"])
        #expect(outcome.code == 0)
        #expect(outcome.words == "")
        #expect(outcome.lines.count == 2)
        #expect(outcome.lines.first?.hasPrefix("REQUEST ") == true)
        let row = outcome.lines.last?.split(separator: " ").map(String.init) ?? []
        #expect(row.prefix(3) == ["found", "completed", "sleep"])
        #expect(row.last == "ms=1")
    }

    @Test func statisticsStandInTheTable() throws {
        let data = "\(Files.package)/Tests/StrategiesTests/Fixtures/synth_walk.csv"
        let imported = try Program.run([
            "import", data, "--dataset", "walk", "--set", "data.root=\(bench.folder.path)/data",
        ])
        #expect(imported.code == 0)
        let request =
            #"{"request_id":"sma","strategy":{"name":"sma_crossover"},"data":{"dataset":"walk","timeframe":"1d"}}"#
        try bench.process([request], ["sma"])
        let result = try #require(objects(bench.optimizer(["results", "--request", "sma", "--json"]).output).first)
        let row =
            try bench.optimizer(["results", "--request", "sma"]).lines.last?.split(separator: " ").map(String.init)
            ?? []
        #expect(row.count > 8)
        let statistics = try #require(result["statistics"])
        let shown = row[3...5].compactMap { Double($0) }
        let exact = ["return_pct", "sharpe_ratio", "max_drawdown_pct"].compactMap { statistics[$0]?.double }
        #expect(shown.count == 3 && exact.count == 3)
        for (a, b) in zip(shown, exact) { #expect(abs(a - b) <= 0.0051) }
        #expect(Int(row[6]) == statistics["trade_count"]?.integer)
        #expect(row.contains("fast=10"))
    }

    @Test func aProgramGetsTheResultAsItIs() throws {
        try bench.process([Bench.request("raw")], ["raw"])
        let outcome = try bench.optimizer(["results", "--json", "--request", "raw"])
        #expect(outcome.code == 0)
        let record = try bench.records(topic).first { record in
            guard let value = record.value, let json = try? JSONValue.parse(value) else { return false }
            return json["request_id"]?.string == "raw"
        }
        #expect(outcome.output == String(decoding: record?.value ?? [], as: UTF8.self) + "\n")
    }

    @Test func whatWasWrongStandsInTheTable() throws {
        try bench.process([Bench.request("wrong", "nop")], ["wrong"])
        let outcome = try bench.optimizer(["results", "--request", "wrong"])
        #expect(outcome.code == 0)
        #expect(outcome.lines.last?.contains("rejected") == true)
        #expect(outcome.lines.last?.contains(#"has no strategy "nop", did you mean "noop"?"#) == true)
    }

    @Test func aRequestWithoutAResultIsAFailure() throws {
        try bench.process([Bench.request("there")], ["there"])
        let outcome = try bench.optimizer(["results", "--json", "--request", "there", "--request", "absent"])
        #expect(outcome.code == 1)
        #expect(outcome.lines.count == 1)
        #expect(try outcome.words == "no result in \(topic) for: absent\n")
    }

    @Test func waitingForARequestEndsInTime() throws {
        let outcome = try bench.optimizer(["results", "--follow", "--request", "never", "--timeout-ms", "300"])
        #expect(outcome.code == 1)
        #expect(outcome.words == "no result within 300 ms for: never\n")
    }

    @Test func aCountIsKept() throws {
        try bench.process((1...3).map { Bench.request("n\($0)") }, ["n1", "n2", "n3"])
        let outcome = try bench.optimizer(["results", "--json", "-n", "2"])
        #expect(outcome.code == 0)
        #expect(outcome.lines.count == 2)
        try eventually("it has read what there is within its time") {
            let short = try bench.optimizer(
                ["results", "--json", "--follow", "--count", "100000", "--timeout-ms", "1500"])
            #expect(short.code == 1)
            #expect(short.words.contains(" of 100000 results within 1500 ms"))
            return short.lines.count >= 3
        }
    }

    @Test func followingShowsWhatComes() throws {
        let results = try bench.start(["results", "--follow", "--from-now", "--json", "--request", "later"])
        // It may have begun after a request of this name was answered: so there is always another one.
        try eventually("a result that came later") {
            try bench.process([Bench.request("later")], ["later"])
            return results.hasEnded
        }
        let outcome = try results.outcome()
        #expect(outcome.code == 0)
        #expect(try objects(outcome.output).map { $0["request_id"]?.string } == ["later"])
    }

    @Test func aReaderThatGoesAwayEndsIt() throws {
        try bench.process([Bench.request("gone")], ["gone"])
        let fifo = try bench.folder.file("gone")
        #expect(mkfifo(fifo, 0o600) == 0)
        let reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        let results = try bench.start(["results", "--follow", "--json"], outputPath: fifo)
        var first = [UInt8](repeating: 0, count: 1)
        try eventually("the first byte") { read(reader, &first, 1) == 1 }
        close(reader)
        // Nothing more has to come for it to notice.
        let outcome = try results.outcome()
        #expect(outcome.code == 0)
        #expect(outcome.words == "")
    }

    @Test func itJoinsNoGroupAndCommitsNothing() throws {
        try bench.process([Bench.request("lagless")], ["lagless"])
        #expect(try bench.optimizer(["results", "--json"]).code == 0)
        let lag = try bench.optimizer([
            "lag", "--json", "--topic", topic, "--set", "kafka.groupId=optimizer-reader",
        ])
        let partitions = try objects(lag.output).first?["partitions"]?.elements ?? []
        #expect(partitions.count == 6)
        #expect(partitions.allSatisfy { $0["committed"] == .null })
    }

    @Test func aResultIsReadFromWhereSubmitSaysThatTheTopicEnded() throws {
        try bench.process((0..<20).map { Bench.request("old-\($0)") }, (0..<20).map { "old-\($0)" })
        let sent = try bench.optimizer(["submit", "-"], input: Bench.request("fresh"))
        #expect(sent.code == 0)
        let next = try #require(sent.words.split(separator: "\n").last)
        #expect(next.hasPrefix("next: optimizer results --follow --request fresh --from 0:"), "\(next)")
        let words = next.split(separator: " ").dropFirst(2).map(String.init)
        let found = try bench.optimizer(words + Patience.option)
        #expect(found.code == 0, "\(found.words)")
        #expect(found.lines.count == 2)
        let places = try #require(words.last)
        let after = try bench.optimizer(["results", "--json", "--from", places])
        #expect(try objects(after.output).allSatisfy { $0["request_id"]?.string?.hasPrefix("old-") == false })
        #expect(after.output.contains(#""request_id":"fresh""#))
        let old = try bench.optimizer(["results", "--request", "old-3", "--from", places])
        #expect(old.code == 1)
        #expect(try old.words == "no result in \(topic) for: old-3\n")
        // What the word does not name is newer than it.
        let first = places.split(separator: ",")[0]
        let all = try bench.optimizer(["results", "--json", "--from", String(first)])
        #expect(all.output.contains(#""request_id":"old-"#) && all.output.contains(#""request_id":"fresh""#))
        let many = try bench.optimizer(
            ["submit", "-", "--json"], input: Bench.request("m1") + "\n" + Bench.request("m2"))
        let from = try #require(objects(many.output).first?["results_from"]?.string)
        #expect(many.words.contains("next: optimizer results --from \(from)\n"))
    }

    @Test func placesBeyondTheEndAreOfAnotherLogAndAllIsRead() throws {
        try bench.process([Bench.request("beyond")], ["beyond"])
        let places = (0..<6).map { "\($0):1000000" }.joined(separator: ",")
        let outcome = try bench.optimizer(["results", "--request", "beyond", "--from", places] + Patience.option)
        #expect(outcome.code == 0, "\(outcome.words)")
    }

    /// Also on the embedded broker, which finds no offset of a time.
    @Test func onlyWhatWasPublishedSinceIsShown() throws {
        try bench.process([Bench.request("before")], ["before"])
        let last = try #require(bench.records(topic).compactMap(\.timestampMs).max())
        let since = Timestamp(milliseconds: last + 1).rfc3339
        try bench.process([Bench.request("after")], ["after"])
        let ids = try objects(bench.optimizer(["results", "--json", "--since", since]).output).map {
            $0["request_id"]?.string
        }
        // Others may have come meanwhile.
        #expect(ids.contains("after") && !ids.contains("before"))
        #expect(try bench.optimizer(["results", "--request", "before", "--since", "1h"]).code == 0)
        let none = try bench.optimizer(["results", "--request", "before", "--since", since])
        #expect(none.code == 1)
    }

    @Test(arguments: [
        (["--from", "0"], "PARTITION:OFFSET"), (["--from", "0:1,0:2"], "PARTITION:OFFSET"),
        (["--from", "0:-1"], "PARTITION:OFFSET"), (["--from", "99:0"], "names partition 99"),
        (["--since", "yesterday"], "--since is yesterday"),
        (["--from", "0:1", "--since", "1h"], "--from and --since do not go together"),
        (["--from", "0:1", "--from-now", "-f"], "--from and --from-now do not go together"),
    ])
    func aBeginningThatIsNoneIsAWrongCall(_ call: (words: [String], says: String)) throws {
        for more in [[], ["--sweep", "s"]] where !(call.words.contains("-f") && !more.isEmpty) {
            let outcome = try bench.optimizer(["results"] + call.words + more)
            #expect(outcome.code == 64, "\(call.words)")
            #expect(outcome.words.contains(call.says), "\(outcome.words)")
        }
    }

    @Test func onlyWhatComesNeedsToBeFollowed() throws {
        #expect(try bench.optimizer(["results", "--from-now"]).code == 64)
    }
}

@Suite(.broker) struct ResultsWithoutNodeTests {
    @Test func whatIsNoResultIsPassedOverAndSaid() throws {
        let result = #"{"request_id":"x",\#n"status":"failed","error":{"message":"line one\#n\#u{1B}[31mred"}}"#
            .replacing("\u{1B}", with: "\\u001b").replacing("line one\n", with: "line one\\n")
        for value in ["no JSON", result, #"{"status":"completed"}"#] {
            try bench.produce(bench.names.results, value: Array(value.utf8))
        }
        try bench.produce(bench.names.results, value: nil)
        let raw = try bench.optimizer(["results", "--json"])
        #expect(raw.code == 0)
        #expect(raw.lines.count == 1)
        #expect(try JSONValue.parse(Array(raw.output.utf8)) == JSONValue.parse(Array(result.utf8)))
        #expect(try raw.words.contains("3 records of \(bench.names.results) are no results"))
        // A message from outside neither breaks the line nor colours the terminal.
        let table = try bench.optimizer(["results"])
        #expect(table.lines.count == 2)
        #expect(table.lines.last?.hasSuffix(#"line one\u{A}\u{1B}[31mred"#) == true)
        #expect(!table.output.contains("\u{1B}"))
    }

    @Test func anEmptyTopicHasNoResults() throws {
        let outcome = try bench.optimizer(["results", "--topic", bench.names.metrics])
        #expect(outcome.code == 0)
        #expect(outcome.output == "")
    }

    @Test func aMissingTopicIsNamed() throws {
        for more in [[], ["--follow"]] {
            let outcome = try bench.optimizer(["results", "--topic", "absent"] + more)
            #expect(outcome.code == 78)
            #expect(outcome.words.contains("topic absent"))
        }
    }
}
