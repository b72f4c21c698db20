import Glibc
import Kafka
import Messages
import Strategies
import TestSupport
import Testing

/// Sweeps over a strategy of one's own from the command line: tried, cut, submitted, run by nodes, put together.
@Suite(.serialized, .machine) struct ExternalSweepTests {
    private static let examples = "\(Files.package)/deploy/examples/python"

    /// - Parameter more: lines of Python that come before each run.
    private static func configuration(_ folder: TemporaryFolder, more: String = "pass") throws -> String {
        let program = try folder.write(
            """
            import os, sys
            sys.path.insert(0, "\(examples)")
            import crossover
            from optimizer_host import serve_positions
            def run(bars, fast, slow):
                \(more)
                return crossover.run(bars, fast, slow)
            serve_positions(run)
            """, to: "swept.py")
        return """
            strategies:
              swept:
                command: [python3, -B, "\(program)"]
                startTimeoutMs: \(Patience.milliseconds)
                parameters:
                  fast: { type: integer, min: 1, max: 500 }
                  slow: { type: integer, min: 2, max: 500 }
            """
    }

    private static func sweep(_ id: String, _ strategy: String, more: String = "") -> String {
        """
        {
          "type": "optimization", "optimization_id": "\(id)", "strategy": {"name": "\(strategy)"},
          "data": {"dataset": "walk", "start": "2010-01-04", "end": "2012-12-31"},
          "parameters": [{"name": "fast", "values": [5, 10, 20]}, {"name": "slow", "min": 10, "max": 60, "step": 10}],
          "parameter_constraints": [{"left": "fast", "operator": "less", "right": "slow"}],
          "objective": {"target": "sharpe_ratio", "extremum": "max"}, "account": {"units": "fractional"},
          "out_of_sample": {"start": "2012-01-01"}\(more)
        }
        """
    }

    private static let four = #", "search": {"sets_per_step": 4}"#

    private func answered(_ bench: SweepBench, _ steps: Int) throws -> [JSONValue] {
        var results: [JSONValue] = []
        try eventually("\(steps) results of steps") {
            results = try bench.results().filter { $0["type"] == .string("optimization_result") }
            return Set(results.compactMap { $0["request_id"]?.string }).count >= steps
        }
        return results
    }

    @Test func aSweepInPythonComesToTheSetsOfTheBuiltInOne() throws {
        let folder = try TemporaryFolder()
        let bench = try SweepBench(configuration: Self.configuration(folder, more: "import time; time.sleep(0.03)"))
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a", "b"])
        let submitted = try bench.submit(Self.sweep("own", "swept", more: Self.four), ["--json"])
        #expect(submitted.code == 0, "\(submitted.words)")
        #expect(try objects(submitted.output).first?["steps"] == .integer(5))
        let again = try bench.submit(Self.sweep("own", "swept", more: Self.four), ["--json"])
        #expect(try objects(again.output).first?["already_there"] == .integer(5))
        #expect(try bench.submit(Self.sweep("built-in", "sma_crossover")).code == 0)
        let page = bench.bench.folder.file("page.html")
        let own = try bench.merged("own", ["--json", "--html", page])
        let other = try bench.merged("built-in", ["--json"])
        #expect(own.code == 0 && other.code == 0, "\(own.words) \(other.words)")
        let (one, two) = (try #require(objects(own.output).first), try #require(objects(other.output).first))
        for name in ["data", "account", "objective", "grid", "counts", "top", "heatmap", "plateau", "luck"] {
            #expect(one[name] == two[name], "\(name)")
        }
        #expect(one["counts"]?["evaluated"]?.integer ?? 0 > 10)
        #expect(one["strategy"]?["name"] == .string("swept") && one["strategy"]?["version"] == .integer(1))
        #expect(SchemaFile.mergedSweep.problems(of: one) == [])
        #expect(try bench.stepResults().flatMap(SchemaFile.sweepStepResult.problems) == [])
        // Its curves are computed here, by the program of the configuration; they are those of the built-in one.
        func curves(_ page: String) -> [Substring] {
            bench.bench.folder.text(page).split(separator: "<path").dropFirst().compactMap {
                $0.split(separator: "/>").first
            }
        }
        #expect(try bench.merged("built-in", ["--html", bench.bench.folder.file("other.html")]).code == 0)
        #expect(curves("page.html").count > 1 && curves("page.html") == curves("other.html"))
        #expect(!bench.bench.folder.text("page.html").contains("cannot be computed"))
        // A set takes longer than it has there.
        let early = ["limits.timeoutMs=10", "limits.executionTimeMs=10"].flatMap { ["--set", $0] }
        _ = try bench.merged("own", ["--html", bench.bench.folder.file("early.html")] + early)
        let words = "a host of swept did not answer within 10 ms (limits.timeoutMs)"
        #expect(bench.bench.folder.text("early.html").contains(words))
    }

    @Test func aWalkForwardInPythonComesToThatOfTheBuiltInStrategy() throws {
        let folder = try TemporaryFolder()
        let bench = try SweepBench(configuration: Self.configuration(folder))
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a"])
        let parts = #""walk_forward": {"in_sample": {"days": 365}, "out_of_sample": {"days": 182}}"#
        for (id, strategy) in [("own", "swept"), ("built-in", "sma_crossover")] {
            let document = Self.sweep(id, strategy).replacing(#""out_of_sample": {"start": "2012-01-01"}"#, with: parts)
            let submitted = try bench.submit(document, ["--json"])
            #expect(submitted.code == 0, "\(submitted.words)")
            #expect(try objects(submitted.output).first?["windows"]?.elements?.count == 4)
        }
        let (own, other) = (try bench.walkForward("own", ["--json"]), try bench.walkForward("built-in", ["--json"]))
        #expect(own.code == 0 && other.code == 0, "\(own.words) \(other.words)")
        let (one, two) = (try #require(objects(own.output).first), try #require(objects(other.output).first))
        #expect(SchemaFile.mergedWalkForward.problems(of: one) == [])
        #expect(one["joined"]?.members != nil && one["joined"] == two["joined"])
        for (window, same) in zip(one["windows"]?.elements ?? [], two["windows"]?.elements ?? []) {
            for name in ["in_sample", "best", "out_of_sample", "counts"] {
                #expect(window[name] == same[name], "\(name)")
            }
        }
        #expect(one["joined"]?["statistics"]?["trade_count"]?.integer ?? 0 > 5)
    }

    @Test func whatASetTakesIsMeasuredAndSaysHowTheSweepIsCut() throws {
        let folder = try TemporaryFolder()
        let slow = try SweepBench(configuration: Self.configuration(folder, more: "import time; time.sleep(0.3)"))
        defer { #expect(throws: Never.self) { try slow.close() } }
        let outcome = try slow.submit(Self.sweep("slow", "swept"), ["--json"])
        #expect(outcome.code == 0, "\(outcome.words)")
        #expect(outcome.words.contains("ms on this machine"))
        let sets = try #require(try objects(outcome.output).first?["sets_per_step"]?.integer)
        // Three runs in a second, each set twice and the best once more.
        #expect(sets == 1)
        // What is there says how it was cut, not what is measured now.
        let requests = try slow.bench.records(slow.bench.names.requests).count
        _ = try Self.configuration(folder)
        let again = try slow.submit(Self.sweep("slow", "swept"), ["--json"])
        #expect(try objects(again.output).first?["sets_per_step"] == .integer(sets), "\(again.words)")
        #expect(again.words.contains("steps of it were sent before, of up to 1 sets"))
        #expect(try slow.bench.records(slow.bench.names.requests).count == requests)
    }

    @Test func whatCannotBeTriedHereIsSaidAndSent() throws {
        let folder = try TemporaryFolder()
        let absent = try SweepBench(
            configuration: "strategies: { swept: { command: [/no/such/program], parameters: "
                + "{ fast: { type: integer, min: 1, max: 500 }, slow: { type: integer, min: 2, max: 500 } } } }\n")
        defer { #expect(throws: Never.self) { try absent.close() } }
        let outcome = try absent.submit(Self.sweep("absent", "swept"), ["--dry-run", "--json"])
        #expect(outcome.code == 0)
        #expect(outcome.words.contains("could not be measured here"), "\(outcome.words)")
        #expect(try objects(outcome.output).first?["sets_per_step"] == .integer(16))
        let wrong = try absent.submit(Self.sweep("wrong", "swept").replacing("\"max\": 60", with: "\"max\": 600"))
        #expect(wrong.code == 65 && wrong.words.contains("slow is 600, must be an integer from 2 to 500"))
        let unknown = try Program.run(["submit", "-", "--dry-run"], input: Self.sweep("unknown", "swept"))
        #expect(unknown.code == 65)
        #expect(unknown.words.contains("neither a built-in strategy nor one of the configuration"))
        let failing = try SweepBench(configuration: Self.configuration(folder, more: "raise KeyError('close')"))
        defer { #expect(throws: Never.self) { try failing.close() } }
        let tried = try failing.submit(Self.sweep("failing", "swept"), ["--dry-run", "--json"])
        #expect(
            tried.words.contains("one could not run: strategy_failed: swept.py:6 KeyError: 'close'"), "\(tried.words)")
        // How soon it fails says nothing about how long it takes.
        #expect(tried.words.contains("none of those that were tried was decided"), "\(tried.words)")
        #expect(try objects(tried.output).first?["sets_per_step"] == .integer(16))
    }

    @Test func whatIsMeasuredIsWhatIsDecided() throws {
        let folder = try TemporaryFolder()
        // The last sets fail at once, those before take their time.
        let partly = try SweepBench(
            configuration: Self.configuration(
                folder, more: "import time; [][0] if fast == 20 else time.sleep(0.3)"))
        defer { #expect(throws: Never.self) { try partly.close() } }
        let some = try partly.submit(Self.sweep("partly", "swept"), ["--dry-run", "--json"])
        #expect(some.words.contains("one could not run: strategy_failed"), "\(some.words)")
        #expect(try objects(some.output).first?["sets_per_step"] == .integer(1), "\(some.words)")
        let lock =
            #"import optimizer_host as host; os.write(host._output, b'{"lock":["one"]}\n'); sys.stdin.readline()"#
        let locking = try SweepBench(configuration: Self.configuration(folder, more: lock))
        defer { #expect(throws: Never.self) { try locking.close() } }
        let asking = try locking.submit(Self.sweep("locking", "swept"), ["--dry-run", "--json"])
        #expect(asking.words.contains("its sets ask for locks, which only a node gives"), "\(asking.words)")
        #expect(try objects(asking.output).first?["sets_per_step"] == .integer(16))
    }

    @Test func stepsOfANodeWithoutTheStrategyGoAgainToOneThatHasIt() throws {
        let folder = try TemporaryFolder()
        let bench = try SweepBench(configuration: Self.configuration(folder))
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["bare"], isBare: true)
        let sweep = Self.sweep("moved", "swept", more: Self.four)
        #expect(try bench.submit(sweep).code == 0)
        let refused = try answered(bench, 5)
        #expect(refused.allSatisfy { $0["status"] == .string("rejected") })
        #expect(refused.allSatisfy { $0["error"]?["code"] == .string("unknown_strategy") })
        #expect(refused.allSatisfy { $0["error"]?["retryable"] == .bool(true) })
        let failed = try bench.merged("moved", ["--now"])
        #expect(failed.code == 1 && failed.words.contains("this node has no strategy \"swept\""), "\(failed.words)")
        try bench.kill("bare")
        try bench.startNodes(["whole"])
        #expect(try bench.submit(sweep, ["--resend-failed"]).code == 0)
        let merged = try bench.merged("moved", ["--json", "--follow"])
        #expect(merged.code == 0, "\(merged.words)")
        #expect(try objects(merged.output).first?["steps"]?["completed"] == .integer(5))
    }

    @Test func aSweepIsCancelledInTheMiddleOfASet() throws {
        let folder = try TemporaryFolder()
        let more =
            "import time; import optimizer_host as host; slow == 60 and (host.log('set asleep'), time.sleep(600))"
        let bench = try SweepBench(configuration: Self.configuration(folder, more: more))
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a"])
        let one = #", "search": {"sets_per_step": 1}"#
        #expect(try bench.submit(Self.sweep("stopped", "swept", more: one)).code == 0)
        // Which partition's steps come first is nobody's to say: it may be one of those that sleep.
        try eventually("a set is run that does not end") { bench.nodes["a"]?.words.contains("set asleep") == true }
        #expect(try bench.bench.optimizer(["cancel", "--sweep", "stopped"]).code == 0)
        let results = try answered(bench, 18)
        #expect(
            results.contains { $0["status"] == .string("cancelled") }, "\(results.map { $0["status"]?.text ?? "" })")
        let others = results.filter { !["cancelled", "completed"].contains($0["status"]?.string) }
        #expect(others == [], "\(others.map(\.text))")
        // The slot has both its hosts again.
        try bench.bench.process([Bench.request("next")], ["next"])
        let after = try bench.submit(
            Self.sweep("after", "swept", more: one).replacing("\"max\": 60", with: "\"max\": 50"))
        #expect(after.code == 0)
        #expect(try bench.merged("after").code == 0)
    }

    @Test func aHostDecidesNoMoreSetsThanItMayRunSteps() throws {
        let folder = try TemporaryFolder()
        // A second set on one host fails.
        let text = try Self.configuration(folder, more: "assert not hasattr(os, 'seen'); os.seen = True")
        let bench = try SweepBench(configuration: text + "\n    maxSteps: 1\n")
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a"])
        let sweep = Self.sweep("single", "swept", more: Self.four).replacing("[5, 10, 20]", with: "[5]")
        #expect(try bench.submit(sweep).code == 0)
        let merged = try bench.merged("single", ["--json"])
        #expect(merged.code == 0, "\(merged.words)")
        let result = try #require(objects(merged.output).first)
        #expect(result["counts"]?["evaluated"] == .integer(6) && result["counts"]?["failed"] == .integer(0))
        #expect(result["first_failure"] == .null && result["top"]?.elements?.first?["out_of_sample"] != .null)
    }

    @Test func aHostThatIsLostInASetCostsItsStepAlone() throws {
        let folder = try TemporaryFolder()
        let more =
            "import time; import optimizer_host as host; {(20, 60): lambda: os._exit(7), (5, 10): lambda: time.sleep(600), "
            + #"(10, 40): lambda: os.write(host._output, b"babble\n"), (10, 20): lambda: os.write(host._output, "#
            + #"b'{"request_id":"other","status":"completed"}\n')}.get((fast, slow), int)()"#
        let bench = try SweepBench(configuration: Self.configuration(folder, more: more))
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNodes(["a"])
        let limits = #", "limits": {"timeout_ms": 3000}"#
        #expect(try bench.submit(Self.sweep("lost", "swept", more: Self.four + limits)).code == 0)
        var ends: [Int: JSONValue] = [:]
        for result in try answered(bench, 5) {
            let step = try #require(result["request_id"]?.string?.split(separator: ":").last.flatMap { Int($0) })
            ends[step] = result
        }
        // Of 18 sets in steps of four the first hangs and the last dies, the eighth and the tenth babble.
        for (step, status, words) in [
            (0, "timed_out", "killed at its deadline"), (1, "crashed", #"it answers the request "other""#),
            (2, "crashed", #"it printed "babble" to standard output"#), (3, "completed", ""),
            (4, "crashed", "exited with code 7"),
        ] {
            let result = try #require(ends[step])
            #expect(result["status"] == .string(status), "\(step): \(result.text)")
            #expect(result["error"]?["message"]?.string?.contains(words) ?? words.isEmpty, "\(step): \(result.text)")
        }
        #expect(ends[4]?["error"]?["code"] == .string("host_crashed") && ends[4]?["attempt"] == .integer(3))
        let merged = try bench.merged("lost", ["--now"])
        #expect(merged.words.contains("step 4 crashed (host_crashed)"), "\(merged.words)")
    }
}
