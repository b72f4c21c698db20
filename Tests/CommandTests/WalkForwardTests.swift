import Glibc
import Kafka
import Messages
import Strategies
import TestSupport
import Testing

/// A walk-forward from the command line: submitted, run by a node, put together, shown.
@Suite(.serialized, .machine) struct WalkForwardTests {
    /// Eleven windows over the 2,000 bars of the sample data.
    private static func document(_ id: String, _ walkForward: String = "", more: String = "") -> String {
        """
        {"type": "optimization", "optimization_id": "\(id)",
         "strategy": {"name": "sma_crossover", "parameters": {"direction": "long_only"}},
         "data": {"dataset": "walk", "timeframe": "1d"},
         "parameters": [{"name": "fast", "min": 2, "max": 10, "step": 2}, {"name": "slow", "min": 20, "max": 60, "step": 10}],
         "walk_forward": {"in_sample": {"bars": 600}, "out_of_sample": {"bars": 125}, "purge_bars": 5\(walkForward)}\(more)}
        """
    }

    private func plan(_ bench: SweepBench, _ document: String) throws -> WalkForwardPlan {
        try WalkForwardPlan(WalkForward.parse(JSONValue.parse(Array(document.utf8))), dataRoot: bench.root)
    }

    /// What a node publishes for every step, where its request lies.
    private func answer(
        _ bench: SweepBench, _ plan: WalkForwardPlan, windows: Range<Int>, engineVersion: String = "1"
    ) throws {
        var places: [String: KafkaRecord] = [:]
        for record in try bench.bench.records(bench.bench.names.requests) {
            if let id = try JSONValue.parse(record.value ?? [])["request_id"]?.string { places[id] = record }
        }
        for window in plan.windows[windows] {
            for step in 0..<window.sweep.stepCount {
                let record = try #require(places[window.sweep.requestID(ofStep: step)])
                try bench.produce(
                    resultOf: window.sweep, step, engineVersion: engineVersion,
                    place: (bench.bench.names.requests, record.partition, record.offset))
            }
        }
    }

    @Test func aNodeRunsItsWindowsAndTheirBestSetsAreJoined() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a"])
        let document = Self.document("wf")
        let submitted = try bench.submit(document, ["--json"])
        #expect(submitted.code == 0, "\(submitted.words)")
        #expect(submitted.words.contains("next: optimizer results --walk-forward wf --from "), "\(submitted.words)")
        let page = bench.bench.folder.file("wf.html")
        let outcome = try bench.walkForward("wf", ["--json", "--html", page])
        #expect(outcome.code == 0, "\(outcome.words)")
        let value = try #require(objects(outcome.output).first)
        let problems = SchemaFile.mergedWalkForward.problems(of: value)
        #expect(problems.isEmpty, "\(problems)")
        let plan = try plan(bench, document)
        let windows = try #require(value["windows"]?.elements)
        #expect(plan.windows.count == 11 && windows.count == 11)
        let host = HostedStrategies(dataRoot: bench.root, engineVersion: "1")
        var growth = 1.0
        for (window, planned) in zip(windows, plan.windows) {
            #expect(window["in_sample"]?["start"]?.string == planned.inSample.start)
            #expect(window["in_sample"]?["bars"] == .integer(600))
            let (best, then) = (window["best"], window["out_of_sample"])
            #expect(then?["start"]?.string == planned.outOfSample.start && then?["bars"] == .integer(125))
            let request = """
                {"request_id":"r","strategy":{"name":"sma_crossover","parameters":{"direction":"long_only",
                "fast":\(try #require(best?["parameters"]?["fast"]?.text)),
                "slow":\(try #require(best?["parameters"]?["slow"]?.text))}},"data":{"dataset":"walk",
                "start":"\(planned.outOfSample.start)","end":"\(planned.outOfSample.end)","warmup_bars":605}}
                """
            let run = try JSONValue.parse(host.run(Array(request.utf8)))
            #expect(then?["objective"] == run["statistics"]?["sharpe_ratio"])
            #expect(then?["statistics"]?["return_pct"] == run["statistics"]?["return_pct"])
            growth *= 1 + (run["statistics"]?["return_pct"]?.double ?? .nan) / 100
        }
        let joined = value["joined"]
        let total = try #require(joined?["statistics"]?["return_pct"]?.double)
        #expect(abs(total - (growth - 1) * 100) < 1e-9 * max(1, abs(total)))
        #expect(joined?["bars"] == .integer(1375) && joined?["equity_curve"]?["equity"]?.elements?.count == 1375)
        #expect(joined?["trades"]?.elements?.count == joined?["statistics"]?["trade_count"]?.integer)
        let isMeasured = joined?["walk_forward_efficiency"]?.double != nil
        #expect(outcome.words.contains("walk-forward efficiency ") == isMeasured, "\(outcome.words)")
        let html = bench.bench.folder.text("wf.html")
        #expect(html.contains("<h2>Joined equity</h2>") && html.contains("<h2>Windows</h2>"))
        let last = plan.windows[10].outOfSample
        #expect(html.contains("<td>\(last.start) to \(last.end)</td>"))

        let table = try bench.walkForward("wf")
        #expect(table.code == 0 && table.lines.count == 12, "\(table.output)")
        #expect(table.lines.first?.hasPrefix("WINDOW  START ") == true, "\(table.output)")
        let sweep = try bench.merged("wf.w3")
        #expect(sweep.code == 0 && sweep.words.contains("steps of wf.w3 are complete"), "\(sweep.words)")
        let mistaken = try bench.merged("wf")
        #expect(mistaken.code == 1)
        #expect(
            mistaken.words.contains("wf is a walk-forward: optimizer results --walk-forward wf"), "\(mistaken.words)")
        let again = try bench.submit(document, ["--json"])
        #expect(try objects(again.output).first?["acknowledged"]?.integer == 0)
    }

    @Test func aDryRunNamesTheWindowsAndSendsNothing() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let outcome = try bench.submit(Self.document("dry"), ["--dry-run", "--json"])
        #expect(outcome.code == 0, "\(outcome.words)")
        let summary = try #require(objects(outcome.output).first)
        #expect(summary["windows"]?.elements?.count == 11 && summary["sets"] == .integer(11 * 25))
        #expect(summary["unused_bars"] == .integer(20))
        #expect(outcome.words.contains("window 11: in sample "), "\(outcome.words)")
        #expect(try bench.bench.records(bench.bench.names.requests).isEmpty)
        let refused = try bench.submit(Self.document("dry", more: #", "out_of_sample": {"start": "2015-01-01"}"#))
        #expect(refused.code == 65)
        #expect(refused.words.contains("submit --example walk-forward prints one"), "\(refused.words)")
        let short = try bench.submit(
            Self.document("dry").replacing(#""timeframe": "1d""#, with: #""end": "2011-01-01""#), ["--dry-run"])
        #expect(short.code == 65 && short.words.contains("walk_forward: one window takes 600 bars"), "\(short.words)")
    }

    @Test func anInterruptedSubmissionGoesOnAndAnotherOneUnderItsNameIsRefused() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let document = Self.document("cut", more: #", "search": {"sets_per_step": 10}"#)
        let plan = try plan(bench, document)
        #expect(plan.stepCount == 33)
        for (window, step) in [(0, 0), (0, 2), (7, 1), (10, 2)] {
            try bench.bench.produce(
                bench.bench.names.requests, value: plan.windows[window].sweep.request(step: step))
        }
        let first = try bench.submit(document, ["--json"])
        #expect(first.code == 0, "\(first.words)")
        #expect(try objects(first.output).first?["acknowledged"]?.integer == 29)
        #expect(try objects(first.output).first?["already_there"]?.integer == 4)
        let ids = try bench.bench.records(bench.bench.names.requests).compactMap {
            try JSONValue.parse($0.value ?? [])["request_id"]?.string
        }
        let wanted = plan.windows.flatMap { window in
            (0..<window.sweep.stepCount).map { window.sweep.requestID(ofStep: $0) }
        }
        #expect(ids.count == 33 && Set(ids) == Set(wanted))
        let other = try bench.submit(Self.document("cut", #", "embargo_bars": 1"#), ["--resend-all"])
        #expect(other.code == 65 && other.words.contains("steps of another walk-forward cut"), "\(other.words)")

        // Of the first window one step has failed; of the others nothing is known.
        let record = try #require(
            try bench.bench.records(bench.bench.names.requests).first { record in
                try JSONValue.parse(record.value ?? [])["request_id"]?.string == wanted[1]
            })
        try bench.produce(
            failureOf: plan.windows[0].sweep, 1,
            place: (bench.bench.names.requests, record.partition, record.offset))
        let mended = try bench.submit(document, ["--resend-failed", "--json"])
        #expect(try objects(mended.output).first?["acknowledged"]?.integer == 1, "\(mended.words)")
    }

    @Test func whatIsMissingIsNamedAndNothingIsJoined() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let none = try bench.walkForward("part")
        #expect(none.code == 1 && none.words.contains("no walk-forward \"part\""), "\(none.words)")
        let document = Self.document("part")
        #expect(try bench.submit(document).code == 0)
        let plan = try plan(bench, document)
        try answer(bench, plan, windows: 0..<10)
        let part = try bench.walkForward("part", ["--now", "--json"])
        #expect(part.code == 1, "\(part.words)")
        #expect(part.words.contains("window 11: no step has a result"), "\(part.words)")
        #expect(
            part.words.contains("the windows are not joined: window 11: its sweep is not complete"), "\(part.words)")
        let value = try #require(objects(part.output).first)
        #expect(value["joined"] == .null && value["windows"]?.elements?.count == 11)
        #expect(value["windows"]?.elements?[3]["out_of_sample"]?.members != nil)
        #expect(SchemaFile.mergedWalkForward.problems(of: value).isEmpty)
        // What was sent again lies elsewhere: the request is read where the newest result says.
        try bench.produce(resultOf: plan.windows[10].sweep, 0, place: ("optimizer.gone", 0, 0))
        try answer(bench, plan, windows: 10..<11)
        #expect(try bench.walkForward("part").code == 0)
        let first = try #require(
            try bench.bench.records(bench.bench.names.requests).first { record in
                try JSONValue.parse(record.value ?? [])["optimization_id"]?.string == "part.w1"
            })
        try bench.produce(
            resultOf: plan.windows[10].sweep, 0, place: (bench.bench.names.requests, first.partition, first.offset))
        let foreign = try bench.walkForward("part")
        #expect(foreign.code == 1, "\(foreign.words)")
        #expect(foreign.words.contains("window 11: its requests are no longer in the requests topic"))
        let lost = try self.plan(bench, Self.document("lost"))
        try bench.produce(resultOf: lost.windows[0].sweep, 0, place: ("optimizer.gone", 0, 0))
        // Of somebody who calls a run so: no window is waited for because of it.
        try bench.bench.produce(
            bench.bench.names.results,
            value: Array(#"{"request_id":"\#(lost.windows[1].sweep.requestID(ofStep: 0))","type":"result"}"#.utf8))
        let end = try bench.walkForward("lost")
        #expect(end.code == 1 && end.words.contains("are no longer in the requests topic"), "\(end.words)")
        for options in [["--sweep", "part"], ["--request", "r"], ["--x", "fast"]] {
            #expect(try bench.walkForward("part", options).code == 64)
        }
    }

    @Test func drawnSetsAreJoinedAndEachWindowWritesAllItsFigures() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        func drawn(by method: String) -> String {
            Self.document(
                "drawn",
                more: #", "search": {"method": "\#(method)", "max_evaluations": 16}, "output": {"figures": "all"}"#)
        }
        let rounds = try bench.submit(drawn(by: "tpe"))
        #expect(
            rounds.code == 65 && rounds.words.contains("search.method is \"tpe\", must be one of"), "\(rounds.words)")
        #expect(try bench.bench.records(bench.bench.names.requests).isEmpty)
        let submitted = try bench.submit(drawn(by: "sobol"))
        #expect(submitted.code == 0 && submitted.words.contains("176 sets (sobol)"), "\(submitted.words)")
        try answer(bench, plan(bench, drawn(by: "sobol")), windows: 0..<11)
        let outcome = try bench.walkForward("drawn", ["--json"])
        #expect(outcome.code == 0, "\(outcome.words)")
        let value = try #require(objects(outcome.output).first)
        #expect(value["search"]?["method"] == .string("sobol") && value["joined"]?.members != nil)
        #expect(SchemaFile.mergedWalkForward.problems(of: value).isEmpty)
        let figures = try bench.merged("drawn.w11", ["--all"])
        #expect(figures.code == 0 && figures.lines.count == 17, "\(figures.words)")
        let all = try bench.walkForward("drawn", ["--all"])
        #expect(all.code == 64 && all.words.contains("that of a window is --sweep ID.w1"), "\(all.words)")
    }

    @Test func windowsThatTwoEnginesRanAreRefused() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        #expect(try bench.submit(Self.document("two")).code == 0)
        let plan = try plan(bench, Self.document("two"))
        try answer(bench, plan, windows: 0..<2)
        #expect(try bench.walkForward("two", ["--now"]).code == 1)
        try answer(bench, plan, windows: 2..<3, engineVersion: "2")
        let outcome = try bench.walkForward("two", ["--now", "--json"])
        #expect(outcome.code == 65 && outcome.output.isEmpty, "\(outcome.words)")
        #expect(outcome.words.contains("window 1 has engine "), "\(outcome.words)")
    }

    @Test func windowsOfTwoWalkForwardsUnderOneNameAreNotJoined() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let one = try plan(bench, Self.document("mixed"))
        let other = try plan(bench, Self.document("mixed", #", "embargo_bars": 1"#))
        #expect(one.windows.count == other.windows.count)
        // No submission sends this: the requests of one were gone when the other came.
        for (index, window) in one.windows.enumerated() {
            let sweep = index == 4 ? other.windows[index].sweep : window.sweep
            for step in 0..<sweep.stepCount {
                try bench.bench.produce(bench.bench.names.requests, value: sweep.request(step: step))
            }
        }
        try answer(bench, one, windows: 0..<4)
        try answer(bench, other, windows: 4..<5)
        try answer(bench, one, windows: 5..<11)
        let outcome = try bench.walkForward("mixed", ["--json"])
        #expect(outcome.code == 1 && outcome.words.contains("are not of one walk-forward"), "\(outcome.words)")
        #expect(try objects(outcome.output).first?["joined"] == .null)
    }
}
