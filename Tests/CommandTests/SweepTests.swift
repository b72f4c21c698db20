import Glibc
import Kafka
import Messages
import Strategies
import TestSupport
import Testing

/// A sweep from the command line: submitted, run by nodes, put together, shown.
@Suite(.serialized, .machine) struct SweepTests {
    @Test func aDryRunSaysWhatWouldBeSent() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let outcome = try bench.submit(SweepBench.sweep("dry"), ["--dry-run", "--json"])
        #expect(outcome.code == 0)
        let summary = try #require(objects(outcome.output).first)
        #expect(summary["sets"]?.integer == 59 * 181)
        #expect(summary["steps"]?.integer == 27)
        #expect(try bench.bench.records(bench.bench.names.requests).isEmpty)
    }

    @Test func theSampleSweepFitsTheSampleData() throws {
        let folder = try TemporaryFolder()
        let root = ["--set", "data.root=\(folder.path)"]
        let csv = "\(Files.package)/deploy/data/synth_walk.csv"
        #expect(try Program.run(["import", csv, "--dataset", "synth_walk"] + root).code == 0)
        let sweep = "\(Files.package)/deploy/examples/sweep.json"
        let outcome = try Program.run(["submit", sweep, "--dry-run", "--json"] + root)
        #expect(outcome.code == 0, "\(outcome.words)")
    }

    @Test func anInterruptedSubmissionGoesOnWhereItStopped() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let sweep = SweepBench.sweep("resumed")
        let plan = try bench.plan(sweep)
        for step in [0, 3, 26] { try bench.bench.produce(bench.bench.names.requests, value: plan.request(step: step)) }
        // What is no step of this sweep must not be taken for one.
        try bench.bench.produce(bench.bench.names.requests, value: Array(Bench.request("resumed:0:5").utf8))
        try bench.bench.produce(bench.bench.names.requests, value: Array("no JSON".utf8))
        try bench.bench.produce(bench.bench.names.requests, value: nil)

        let first = try bench.submit(sweep, ["--json"])
        #expect(first.code == 0, "\(first.words)")
        #expect(try objects(first.output).first?["acknowledged"]?.integer == 24)
        #expect(try objects(first.output).first?["already_there"]?.integer == 3)
        let again = try bench.submit(sweep, ["--json"])
        #expect(try objects(again.output).first?["acknowledged"]?.integer == 0)
        let records = try bench.bench.records(bench.bench.names.requests)
        let ids = records.compactMap { (try? JSONValue.parse($0.value ?? []))?["request_id"]?.string }
        #expect(ids.filter { $0.hasSuffix(":5") || !$0.hasPrefix("resumed:0") }.count == 28)
        for step in 0..<plan.stepCount { #expect(ids.count { $0 == plan.requestID(ofStep: step) } == 1) }
        #expect(Set(records.map(\.partition)).count > 1)

        let resent = try bench.submit(sweep, ["--resend-all", "--json"])
        #expect(try objects(resent.output).first?["acknowledged"]?.integer == 27)
    }

    @Test func anInterruptLosesAndDoublesNothing() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let losses = (1...12).map { "\($0)" }.joined(separator: ",")
        let sweep = SweepBench.sweep("cut", fastest: 200).replacing(
            #""parameters": [{"#, with: #""parameters": [{"name": "stop_loss_pct", "values": [\#(losses)]}, {"#)
        let words = ["submit", "-", "--set", "data.root=\(bench.root)"]
        let program = try bench.bench.start(words, input: .text(sweep))
        try eventually("the beginning of the submission") { program.words.contains("sweep cut: ") }
        program.signal(SIGINT)
        // Before the first client the signal ends the process at once.
        let cut = try program.outcome().code
        #expect([130, -SIGINT].contains(cut), "\(program.words)")
        let rest = try bench.submit(sweep, ["--json"])
        #expect(rest.code == 0, "\(rest.words)")
        let ids = try bench.bench.records(bench.bench.names.requests).compactMap {
            try JSONValue.parse($0.value ?? [])["request_id"]?.string
        }
        #expect(ids.count == 1081)
        #expect(Set(ids).count == 1081)
    }

    @Test func aSweepWithASlipIsNamedAndNotSent() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let cases = [
            ("\"fast\", \"min\"", "\"fats\", \"min\"", "did you mean \"fast\"?"),
            ("\"walk\"", "\"wolk\"", "wolk"),
            ("\"min\": 2,", "\"min\": 2,,", "not valid JSON"),
        ]
        for (right, wrong, words) in cases {
            let text = SweepBench.sweep("slip").replacing(right, with: wrong)
            let outcome = try bench.submit(text)
            #expect(outcome.code == 65)
            #expect(outcome.words.contains(words), "\(outcome.words)")
        }
        #expect(try bench.bench.records(bench.bench.names.requests).isEmpty)
    }

    @Test func anUnfinishedSweepEndsWithOneAndSaysWhatIsMissing() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let nothing = try bench.bench.optimizer(["results", "--sweep", "none", "--now"])
        #expect(nothing.code == 1)
        #expect(nothing.words.contains("no step of the sweep none has a result"))

        let sweep = SweepBench.sweep("part")
        let plan = try bench.plan(sweep)
        try bench.produce(resultOf: plan, 4)
        try bench.produce(failureOf: plan, 5, "failed", "host_crashed", "it fell <over>")
        let page = bench.bench.folder.file("part.html")
        let part = try bench.merged("part", ["--now", "--html", page])
        #expect(part.code == 1)
        #expect(part.words.contains("step 5 failed (host_crashed): it fell <over>"))
        #expect(part.words.contains("1 of 27 steps of part are complete, 1 failed, 25 have no result yet"))
        let html = bench.bench.folder.text("part.html")
        #expect(html.contains("Not complete: 1 of 27 steps have a result."))
        #expect(html.contains("it fell &lt;over&gt;") && !html.contains("<over>"))
        #expect(html.contains("no longer in the requests topic"))

        try bench.produce(resultOf: plan, 6, engineVersion: "2")
        let mixed = try bench.merged("part", ["--now"])
        #expect(mixed.code == 65)
        #expect(mixed.words.contains("do not belong together") && mixed.words.contains("engine"))
    }

    @Test func oneNodeAndThreeWithOneKilledComeToTheSameBytes() throws {
        let sweep = SweepBench.sweep("same")
        let one = try SweepBench()
        defer { #expect(throws: Never.self) { try one.close() } }
        try one.startNodes(["a"])
        #expect(try one.submit(sweep).code == 0)
        let alone = try one.merged("same", ["--json"])
        #expect(alone.code == 0, "\(alone.words)")

        let three = try SweepBench()
        defer { #expect(throws: Never.self) { try three.close() } }
        // What the slow one has taken is not done when it has done its first.
        try three.startNodes(["a", "b", "c"], slow: ["b"])
        let watcher = try three.bench.start(["results", "--follow", "--json"])
        #expect(try three.submit(sweep).code == 0)
        try eventually("a step of b") {
            watcher.output.split(separator: "\n").contains {
                $0.contains("\"optimization_result\"") && $0.contains("\"node\":\"b\"")
            }
        }
        try three.kill("b")
        watcher.signal(SIGTERM)
        _ = try watcher.outcome()
        #expect(try three.stepResults().count < 27, "the node was killed too late to matter")
        let together = try three.merged("same", ["--json"])
        #expect(together.code == 0, "\(together.words)")
        #expect(together.output == alone.output)
        let problems = try three.stepResults().flatMap(SchemaFile.sweepStepResult.problems)
        #expect(try problems + objects(alone.output).flatMap(SchemaFile.mergedSweep.problems) == [])
        #expect(try objects(alone.output).first?["counts"]?["evaluated"]?.integer ?? 0 > 9000)
        #expect(try Set(three.stepResults().compactMap { $0["node"]?.string }) == ["a", "b", "c"])
    }

    @Test func setsDrawnFromAGridOfAnySizeAreRunAndShown() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a"])
        let search = #""search": {"method": "sobol", "max_evaluations": 900, "seed": 3}, "parameters": ["#
        let risk =
            #"{"name": "stop_loss_pct", "min": 1, "max": 30}, {"name": "take_profit_pct", "min": 1, "max": 90}, "#
        let sweep = SweepBench.sweep("drawn").replacing(#""parameters": ["#, with: search + risk)
        let sent = try bench.submit(sweep, ["--json"])
        #expect(sent.code == 0 && sent.words.contains("900 sets (sobol) in 3 steps"), "\(sent.words)")
        let page = bench.bench.folder.file("drawn.html")
        let outcome = try bench.merged("drawn", ["--json", "--html", page, "--x", "slow", "--y", "fast"])
        #expect(outcome.code == 0, "\(outcome.words)")
        let merged = try #require(objects(outcome.output).first)
        #expect(SchemaFile.mergedSweep.problems(of: merged) == [])
        #expect(merged["search"]?["sets"]?.integer == 900 && merged["top"]?.elements?.count == 20)
        let html = bench.bench.folder.text("drawn.html")
        #expect(html.contains("sobol, seed 3") && html.contains("\"ring\"") && html.contains("900 in all"))
    }

    @Test func allFiguresOfAllSetsComeInTheOrderOfTheSetsWhateverOrderStepsCameIn() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let sweep = SweepBench.sweep("all", fastest: 12, slowStep: 6).replacing(
            #""parameters": ["#,
            with: #""output": {"figures": "all"}, "search": {"sets_per_step": 40}, "parameters": ["#)
        let text = sweep.replacing(#"{"figures": "all"}"#, with: #"{"figures": "all", "heatmap": true}"#)
        let plan = try SweepPlan(Sweep.parse(Array(text.utf8)), dataRoot: bench.root)
        #expect(plan.stepCount == 9)
        for step in [4, 0, 8, 3, 2, 7, 6, 1] { try bench.produce(resultOf: plan, step) }
        try bench.produce(failureOf: plan, 5)
        let part = try bench.merged("all", ["--now", "--all"])
        #expect(part.code == 1 && part.words.contains("step 5 rejected"), "\(part.words)")
        try bench.produce(resultOf: plan, 5)
        // A second time is once.
        try bench.produce(resultOf: plan, 3)
        let all = try bench.merged("all", ["--now", "--all", "--format", "csv"])
        #expect(all.code == 0, "\(all.words)")
        let merged = try #require(objects(bench.merged("all", ["--now", "--json"]).output).first)
        let lines = all.lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        #expect(lines.first?.prefix(4) == ["index", "fast", "slow", "duration_days"])
        #expect(lines.first?.last == "out_of_sample.kelly_criterion" && lines.allSatisfy { $0.count == 67 })
        let numbers = lines.dropFirst().compactMap { Int($0[0]) }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(numbers.count == merged["counts"]?["evaluated"]?.integer && numbers.count == lines.count - 1)
        #expect(part.lines == all.lines.filter { !(200..<240).contains(Int($0.prefix { $0 != "," }) ?? -1) })
        let column = try #require(lines.first?.firstIndex(of: "sharpe_ratio"))
        for entry in try #require(merged["top"]?.elements) {
            let line = try #require(lines.first { $0[0] == entry["index"]?.text })
            #expect(line[1] == entry["parameters"]?["fast"]?.text && line[column] == entry["objective"]?.text)
        }
        let objects = try objects(bench.merged("all", ["--now", "--all", "--format", "jsonl"]).output)
        #expect(objects.compactMap { $0["index"]?.integer } == numbers)
        #expect(objects.first?["statistics"]?["sharpe_ratio"]?.text == lines[1][column])

        let plain = try bench.plan(SweepBench.sweep("plain"))
        try bench.produce(resultOf: plain, 0)
        let none = try bench.merged("plain", ["--now", "--all"])
        #expect(none.code == 65 && none.words.contains(#"{"figures": "all"}"#), "\(none.words)")
        for wrong in [["--all", "--json"], ["--format", "csv"], ["--all", "--format", "parquet"]] {
            #expect(try bench.merged("all", ["--now"] + wrong).code == 64, "\(wrong)")
        }
    }

    /// Rounds of two steps.
    private static let inRounds = SweepBench.sweep("rounds").replacing(
        #""parameters": ["#,
        with:
            #""search": {"method": "tpe", "max_evaluations": 100, "per_round": 20, "sets_per_step": 10}, "parameters": ["#
    )

    @Test func aSubmissionInRoundsThatWasKilledGoesOnToTheSameResult() throws {
        let whole = try SweepBench()
        defer { #expect(throws: Never.self) { try whole.close() } }
        try whole.startNodes(["a"])
        let sent = try whole.submit(Self.inRounds, ["--json"])
        #expect(sent.code == 0, "\(sent.words)")
        #expect(try objects(sent.output).first?["acknowledged"]?.integer == 10)
        let page = whole.bench.folder.file("rounds.html")
        let expected = try whole.merged("rounds", ["--json", "--html", page])
        #expect(expected.code == 0, "\(expected.words)")
        let merged = try #require(objects(expected.output).first)
        #expect(SchemaFile.mergedSweep.problems(of: merged) == [])
        #expect(merged["heatmap"]?.elements?.count == 100)
        let html = whole.bench.folder.text("rounds.html")
        #expect(html.contains("tpe, seed 0") && html.contains("The best set over all bars"))

        let cut = try SweepBench()
        defer { #expect(throws: Never.self) { try cut.close() } }
        let submitter = try cut.bench.start(
            ["submit", "-", "--set", "data.root=\(cut.root)"], input: .text(Self.inRounds))
        // Without a node the first round is all that it can send.
        try eventually("the first round") { try cut.bench.records(cut.bench.names.requests).count == 2 }
        submitter.signal(SIGKILL)
        _ = try submitter.outcome()
        try cut.startNodes(["a", "b"])
        let rest = try cut.submit(Self.inRounds, ["--json"])
        #expect(rest.code == 0, "\(rest.words)")
        #expect(try objects(rest.output).first?["acknowledged"]?.integer == 8)
        #expect(try cut.merged("rounds", ["--json"]).output == expected.output)
        #expect(try objects(cut.submit(Self.inRounds, ["--json"]).output).first?["acknowledged"]?.integer == 0)
    }

    @Test func aStepOfARoundThatFailedEndsTheSubmissionUntilItIsSentAgain() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let plan = try bench.plan(Self.inRounds)
        let requests = bench.bench.names.requests
        for step in [0, 1] { try bench.bench.produce(requests, value: plan.request(step: step)) }
        try bench.produce(resultOf: plan, 0)
        let failed = try #require(
            bench.bench.records(requests).first {
                try JSONValue.parse($0.value ?? [])["request_id"]?.string == plan.requestID(ofStep: 1)
            })
        try bench.produce(failureOf: plan, 1, place: (requests, failed.partition, failed.offset))
        let stopped = try bench.submit(Self.inRounds)
        #expect(stopped.code == 1, "\(stopped.words)")
        #expect(stopped.words.contains("step 1 rejected (unknown_dataset): no walk here; the rounds after it wait"))
        #expect(try bench.bench.records(requests).count == 2)
        let all = try bench.submit(Self.inRounds, ["--resend-all"])
        #expect(all.code == 64)
        let submitter = try bench.bench.start(
            ["submit", "-", "--resend-failed", "--set", "data.root=\(bench.root)"], input: .text(Self.inRounds))
        try eventually("the failed step again") { try bench.bench.records(requests).count == 3 }
        try bench.produce(resultOf: plan, 1)
        try eventually("the next round") { try bench.bench.records(requests).count == 5 }
        submitter.signal(SIGTERM)
        #expect(try submitter.outcome().code == 130)
        let ids = try bench.bench.records(requests).compactMap {
            try JSONValue.parse($0.value ?? [])["request_id"]?.string
        }
        for (step, times) in [(0, 1), (1, 2), (2, 1), (3, 1)] {
            #expect(ids.count { $0 == plan.requestID(ofStep: step) } == times, "\(step)")
        }
    }

    @Test func thePageStandsAloneAndShowsTheSweep() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a"])
        #expect(try bench.submit(SweepBench.sweep("page", fastest: 30, slowStep: 10)).code == 0)
        let page = bench.bench.folder.file("page.html")
        let outcome = try bench.merged("page", ["--html", page, "--x", "slow", "--y", "fast"])
        #expect(outcome.code == 0, "\(outcome.words)")
        #expect(outcome.lines.first?.contains("SHARPE_RATIO") == true)
        let html = bench.bench.folder.text("page.html")
        for words in [
            "Heat map", "slow →", "↑ fast", "buy and hold", "Out of sample", "Sortino ratio", "What was swept",
        ] {
            #expect(html.contains(words), "\(words)")
        }
        #expect(html.contains("default-src 'none'") && !html.contains("<script") && !html.contains("://"))
        let wrong = try bench.merged("page", ["--html", page, "--x", "slwo"])
        #expect(wrong.code == 64)
    }
}
