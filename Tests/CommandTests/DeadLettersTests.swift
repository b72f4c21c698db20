import Kafka
import Messages
import TestSupport
import Testing

@Suite(.machine) struct DeadLettersTests {
    private let bench: Bench
    private var topic: String { bench.names.deadLetters }
    private var requests: String { bench.names.requests }

    init() throws { bench = try Bench() }

    /// Three requests a node refuses, put there as a node puts them.
    private func fill() throws {
        for (offset, code) in ["invalid_json", "unknown_dataset", "invalid_json"].enumerated() {
            let headers = [
                KafkaHeader("traceparent", "t\(offset)"), KafkaHeader(name: "empty", value: nil),
                KafkaHeader("optimizer_error_code", "the request's own"),
            ]
            try refuse(
                value: Array("original \(offset)".utf8), key: offset == 1 ? Array("k".utf8) : nil, headers, code, offset
            )
        }
    }

    private func refuse(value: [UInt8]?, key: [UInt8]?, _ headers: [KafkaHeader], _ code: String, _ offset: Int) throws
    {
        let origin = RequestOrigin(topic: requests, partition: 2, offset: Int64(offset), key: key)
        let problem = RequestProblem(RequestProblem.Code(rawValue: code) ?? .internalError, "reason \(offset)")
        let reasons = DeadLetter.headers(origin: origin, failure: StrategyResult.Failure(problem), node: "n1")
        try bench.produce(
            topic, key: DeadLetter.key(of: origin), value: value,
            headers: headers + reasons.map { KafkaHeader(name: $0.name, value: $0.value) })
    }

    /// The stand-in for an original that was too large.
    private func refuseTruncated(_ offset: Int) throws {
        let origin = RequestOrigin(topic: requests, partition: 2, offset: Int64(offset), key: nil)
        let failure = StrategyResult.Failure(RequestProblem(.invalidRequest, "too large"))
        try refuse(
            value: DeadLetter.truncated(origin: origin, failure: failure, size: 5_000_000), key: nil, [],
            "invalid_request", offset)
    }

    private func replayed() throws -> [KafkaRecord] { try bench.records(requests) }

    private func text(_ record: KafkaRecord) -> String { String(decoding: record.value ?? [], as: UTF8.self) }

    @Test func listSaysWhatWasWrongAndWhere() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try fill()
        let table = try bench.optimizer(["dead-letters", "list"])
        #expect(table.code == 0)
        #expect(table.lines.count == 4)
        #expect(table.lines[2].contains("unknown_dataset") && table.lines[2].contains("\(requests)-2-1"))
        #expect(table.lines[2].hasSuffix("reason 1"))
        let letters = try objects(bench.optimizer(["dead-letters", "list", "--json"]).output)
        #expect(letters.map { $0["offset"]?.integer } == [0, 1, 2])
        #expect(letters.map { $0["code"]?.string } == ["invalid_json", "unknown_dataset", "invalid_json"])
        #expect(letters.map { $0["value"]?.string } == ["original 0", "original 1", "original 2"])
        #expect(letters.map { $0["origin_offset"]?.integer } == [0, 1, 2])
        #expect(letters.allSatisfy { $0["node"]?.string == "n1" && $0["truncated"]?.bool == false })
    }

    @Test func listCanBeNarrowed() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try fill()
        let coded = try bench.optimizer(["dead-letters", "list", "--json", "--code", "invalid_json"])
        #expect(try objects(coded.output).map { $0["offset"]?.integer } == [0, 2])
        let limited = try bench.optimizer(["dead-letters", "list", "--json", "--limit", "1"])
        #expect(try objects(limited.output).map { $0["offset"]?.integer } == [0])
        let none = try bench.optimizer(["dead-letters", "list", "--json", "--code", "expired"])
        #expect(none.code == 0)
        #expect(none.output == "")
        #expect(none.words == "no dead letters in \(topic)\n")
    }

    @Test func replayAllSendsTheOriginalsAsTheyWere() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try fill()
        let outcome = try bench.optimizer(["dead-letters", "replay", "--all"])
        #expect(outcome.code == 0)
        #expect(outcome.output == "")
        #expect(outcome.words == "3 of 3 sent to \(requests)\n")
        let records = try replayed().sorted { text($0) < text($1) }
        #expect(records.map(text) == ["original 0", "original 1", "original 2"])
        #expect(records.map(\.key) == [nil, Array("k".utf8), nil])
        for (offset, record) in records.enumerated() {
            #expect(
                record.headers == [
                    KafkaHeader("traceparent", "t\(offset)"), KafkaHeader(name: "empty", value: nil),
                    KafkaHeader("optimizer_replay_of", "\(topic)-0-\(offset)"),
                ])
        }
    }

    @Test func replayTakesThoseThatAreMeant() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try fill()
        let one = try bench.optimizer(["dead-letters", "replay", "--partition", "0", "--offset", "1", "--json"])
        #expect(one.code == 0)
        #expect(try objects(one.output).first?["acknowledged"]?.integer == 1)
        #expect(try replayed().map(text) == ["original 1"])
        let coded = try bench.optimizer(["dead-letters", "replay", "--code", "invalid_json", "--json"])
        #expect(try objects(coded.output).first?["acknowledged"]?.integer == 2)
        #expect(try Set(replayed().map(text)) == ["original 0", "original 1", "original 2"])
    }

    @Test func whatWasSentAgainOrHasRunSinceIsPassedOver() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        for (offset, id) in ["a", "b", "c"].enumerated() {
            try refuse(value: Array(Bench.request(id).utf8), key: nil, [], "unknown_dataset", offset)
        }
        try bench.produce(
            bench.names.results, value: Array(#"{"request_id":"b","status":"completed"}"#.utf8))
        try bench.produce(bench.names.results, value: Array(#"{"request_id":"c","status":"rejected"}"#.utf8))
        let plan = try bench.optimizer(["dead-letters", "replay", "--all", "--dry-run"])
        #expect(plan.words.contains("partition 0 offset 1: passed over, it"), "\(plan.words)")
        #expect(plan.words.contains("2 would be sent"), "\(plan.words)")
        let first = try bench.optimizer(["dead-letters", "replay", "--all", "--limit", "1", "--json"])
        #expect(try objects(first.output).first?["acknowledged"]?.integer == 1)
        #expect(try bench.optimizer(["dead-letters", "replay", "--all"]).words.contains("1 of 3 sent"))
        let nothing = try bench.optimizer(["dead-letters", "replay", "--all", "--json"])
        #expect(nothing.code == 0)
        #expect(try objects(nothing.output).first?["passed_over"]?.integer == 3)
        #expect(try Set(replayed().map(text)) == [Bench.request("a"), Bench.request("c")])
        #expect(try replayed().count == 2)
        #expect(try bench.optimizer(["dead-letters", "replay", "--request", "b", "--again"]).code == 0)
        #expect(try replayed().count == 3)
    }

    @Test func requestsStrategiesAndTimesNarrowWhatIsMeant() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        for (offset, strategy) in ["noop", "sleep", "noop"].enumerated() {
            try refuse(
                value: Array(Bench.request("r\(offset)", strategy).utf8), key: nil, [], "unknown_dataset", offset)
        }
        func listed(_ words: [String]) throws -> [Int?] {
            try objects(bench.optimizer(["dead-letters", "list", "--json"] + words).output).map {
                $0["offset"]?.integer
            }
        }
        #expect(try listed(["--strategy", "noop"]) == [0, 2])
        #expect(try listed(["--strategy", "noop", "--request", "r2", "--request", "r1"]) == [2])
        #expect(try listed(["--since", "7d"]) == [0, 1, 2])
        #expect(try listed(["--since", "2999-01-01T00:00:00Z"]) == [])
        let sent = try bench.optimizer(["dead-letters", "replay", "--strategy", "sleep", "--since", "1h"])
        #expect(sent.words == "1 of 1 sent to \(requests)\n")
        #expect(try replayed().map(text) == [Bench.request("r1", "sleep")])
    }

    @Test func aTombstoneIsReplayedAsOne() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try refuse(value: nil, key: nil, [], "invalid_json", 0)
        try refuse(value: [], key: [], [], "invalid_json", 1)
        #expect(try bench.optimizer(["dead-letters", "replay", "--all"]).code == 0)
        #expect(try replayed().contains { $0.value == nil && $0.key == nil })
        #expect(try replayed().contains { $0.value == [] && $0.key == [] })
    }

    @Test func whatWasNotKeptIsNamedAndPassedOver() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try fill()
        try refuseTruncated(77)
        let outcome = try bench.optimizer(["dead-letters", "replay", "--all", "--json"])
        #expect(outcome.code == 1)
        #expect(outcome.words.contains("partition 0 offset 3: the original (\(requests)-2-77) was too large"))
        #expect(outcome.words.contains("3 of 4 sent to \(requests), 1 passed over"))
        let summary = try #require(objects(outcome.output).first)
        #expect(summary["acknowledged"]?.integer == 3)
        #expect(summary["not_kept"]?.integer == 1)
        #expect(try replayed().count == 3)
        let letters = try objects(bench.optimizer(["dead-letters", "list", "--json"]).output)
        #expect(letters.map { $0["truncated"]?.bool } == [false, false, false, true])
    }

    @Test func aDryRunSendsNothing() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try fill()
        let outcome = try bench.optimizer(["dead-letters", "replay", "--all", "--dry-run"])
        #expect(outcome.code == 0)
        #expect(outcome.words.contains("partition 0 offset 1: unknown_dataset, from \(requests)-2-1"))
        #expect(outcome.words.contains("3 would be sent"))
        #expect(try replayed().isEmpty)
    }

    @Test func noneChosenIsAFailure() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try fill()
        for choice in [
            ["--partition", "0", "--offset", "9"], ["--partition", "5", "--offset", "0"], ["--code", "expired"],
        ] {
            let outcome = try bench.optimizer(["dead-letters", "replay"] + choice)
            #expect(outcome.code == 1)
            #expect(outcome.words == "no such dead letter in \(topic)\n")
        }
        #expect(try replayed().isEmpty)
        let missing = try bench.optimizer(["dead-letters", "replay", "--all", "--topic", "absent"])
        #expect(missing.code == 78)
    }

    @Test func itWantsToKnowWhichOnes() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let choices = [
            [], ["--limit", "3"], ["--since", "yesterday"], ["--since", "1h", "--partition", "0", "--offset", "0"],
            ["--partition", "0"], ["--offset", "0"], ["--all", "--code", "x"],
            ["--all", "--partition", "0", "--offset", "0"], ["--partition", "x", "--offset", "0"],
        ]
        for choice in choices { #expect(try bench.optimizer(["dead-letters", "replay"] + choice).code == 64) }
    }

    @Test func whatANodeRefusesRunsOnceItCan() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNode()
        let request =
            #"{"request_id":"late","strategy":{"name":"buy_and_hold"},"data":{"dataset":"late","timeframe":"1d"}}"#
        try bench.process([request, "not json"], ["late"])
        let letters = try objects(bench.optimizer(["dead-letters", "list", "--json"]).output)
        #expect(Set(letters.compactMap { $0["code"]?.string }) == ["unknown_dataset", "invalid_json"])
        let data = "\(Files.package)/Tests/StrategiesTests/Fixtures/synth_walk.csv"
        _ = try Program.run(["import", data, "--dataset", "late", "--set", "data.root=\(bench.folder.path)/data"])
        #expect(try bench.optimizer(["dead-letters", "replay", "--code", "unknown_dataset"]).code == 0)
        try eventually("the result of the second time") {
            let results = try bench.optimizer(["results", "--json"])
            return try objects(results.output).contains {
                $0["request_id"]?.string == "late" && $0["status"]?.string == "completed"
            }
        }
    }
}
