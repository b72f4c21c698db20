import Messages
import TestSupport
import Testing

@Suite(.machine) struct ExternalStrategyCommandTests {
    private static let examples =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/deploy/examples"

    private func json(_ outcome: Program.Outcome) -> [JSONValue] {
        outcome.lines.compactMap { try? JSONValue.parse(Array($0.utf8)) }
    }

    @Test func aHostThatConformsEndsTheCheckWithZero() throws {
        let outcome = try Program.run([
            "check-strategy", "--timeout-ms", "\(Patience.milliseconds)", "--", "sh",
            "\(Self.examples)/awk/momentum.sh",
        ])
        #expect(outcome.code == 0)
        #expect(outcome.lines.count == 16 && outcome.lines.dropLast().allSatisfy { $0.hasPrefix("ok    ") })
        #expect(outcome.lines.last == "conforms: 15 checks")
    }

    @Test func aHostThatFailsEveryRequestSpeaksTheProtocolAndSaysWhy() throws {
        let folder = try TemporaryFolder()
        let program = try folder.write(
            """
            import sys
            sys.path.insert(0, "\(Self.examples)/python")
            from optimizer_host import serve
            def run(request): return request["no_such_member"]
            serve(run)
            """, to: "failing.py")
        let timeout = ["--timeout-ms", "\(Patience.milliseconds)"]
        let outcome = try Program.run(["check-strategy"] + timeout + ["--", "python3", "-B", program])
        #expect(outcome.code == 1)
        let words = "failed, strategy_failed: failing.py:4 KeyError: 'no_such_member'"
        #expect(outcome.lines.contains { $0.contains(words) }, "\(outcome.lines)")
        #expect(outcome.lines.contains { $0.hasSuffix("in run") }, "\(outcome.lines)")
        #expect(outcome.lines.last?.hasPrefix("speaks the protocol: 15 checks; but of ") == true)
    }

    /// Stored bars, their range and version, and inline ones, with numpy where there is one and without.
    @Test(arguments: ["", "import numpy"])
    func aStrategyInPythonHasTheBarsOfItsRequest(numpy: String) throws {
        let folder = try TemporaryFolder()
        let configuration = try folder.write("data:\n  root: \(folder.path)/data\n", to: "optimizer.yml")
        let csv = "\(Self.examples)/../data/synth_walk.csv"
        let imported = try Program.run([
            "import", csv, "--dataset", "walk", "--config", configuration, "--json",
        ])
        let version = try #require(json(imported).last?["version"]?.string, "\(imported.words)")
        let program = try folder.write(
            """
            import sys
            sys.path.insert(0, "\(Self.examples)/python")
            try:
                \(numpy.isEmpty ? "pass" : numpy)
            except ImportError:
                pass
            from optimizer_host import serve
            def run(request):
                bars = request.bars()
                inline = "inline" in request["data"]
                assert isinstance(request, dict) and len(bars) == len(bars.volume) == (2 if inline else 5), len(bars)
                assert bars.close.tolist() == ([2.5, 3.5] if inline else [93.0, 93.08, 94.42, 94.14, 94.35])
                assert bars.time[0] == (2 if inline else 1264982400000) and bars.volume[0] == (0 if inline else 624302)
                assert bars.warmup_bars == 0
                request["data"]["warmup_bars"] = 3
                longer = request.bars()
                assert longer.warmup_bars == len(longer) - len(bars) == (1 if inline else 3), longer.warmup_bars
                assert longer.close[longer.warmup_bars:].tolist() == bars.close.tolist()
                assert bars.version == (None if inline else "\(version)")
                assert ("numpy" in sys.modules) == (type(bars.open).__name__ == "ndarray")
                return {}
            serve(run)
            """, to: "bars.py")
        let stored = #""dataset":"walk","version":"\#(version)","start":"2010-02-01","end":"2010-02-05""#
        let inline =
            #""start":"1970-01-01T00:00:00.002Z","inline":{"time":[1,2,3],"open":[1,2,3],"high":[9,9,9],"#
            + #""low":[1,1,1],"close":[1.5,2.5,3.5]}"#
        for data in [stored, inline, stored.replacing(version)] {
            let request = try folder.write(
                #"{"request_id":"r","strategy":{"name":"check"},"data":{\#(data)}}"#, to: "request.json")
            let outcome = try Program.run([
                "check-strategy", "--config", configuration, "--request", request, "--timeout-ms",
                "\(Patience.milliseconds)", "--", "python3", "-B", program,
            ])
            let own = outcome.lines.first { $0.contains("the request given") } ?? ""
            let isThere = data != stored.replacing(version)
            #expect(own.contains(isThere ? "ms, completed" : "rejected, unknown_dataset"), "\(outcome.lines)")
            #expect(outcome.code == (isThere ? 0 : 1))
        }
    }

    @Test func positionsAreTradedAndWhatCannotBeIsSaid() throws {
        let folder = try TemporaryFolder()
        let inline =
            #"{"inline":{"time":[86400000,172800000,259200000,345600000],"open":[1,2,3,4],"high":[9,9,9,9],"#
            + #""low":[1,1,1,1],"close":[1.5,2.5,3.5,4.5]}}"#
        let request = try folder.write(
            #"{"request_id":"r","strategy":{"name":"check"},"data":\#(inline)}"#, to: "request.json")
        for (positions, code, words) in [
            ("[None, 1] + [0] * (len(bars) - 2)", 0 as Int32, "completed, 1 trades over 4 bars"),
            ("array([nan, 1.0] + [0.0] * (len(bars) - 2))", 0, "completed, 1 trades over 4 bars"),
            ("array([False, True, False, False])", 0, "completed, 1 trades over 4 bars"),
            (
                "{'signals': {'entries': array([False, True, False, False]), 'exits': array([2])}}", 0,
                "completed, 1 trades over 4 bars"
            ),
            ("None", 1, "failed, strategy_failed: TypeError: run() returned a NoneType for positions, must be a list"),
            ("[1]", 1, "failed, invalid_positions: what the strategy has answered cannot be traded: positions has 1"),
        ] {
            let program = try folder.write(
                """
                import sys
                sys.path.insert(0, "\(Self.examples)/python")
                try:
                    from numpy import array, nan
                except ImportError:
                    array, nan = list, float("nan")
                from optimizer_host import serve_positions
                serve_positions(lambda bars: \(positions))
                """, to: "positions.py")
            let outcome = try Program.run([
                "check-strategy", "--request", request, "--timeout-ms", "\(Patience.milliseconds)", "--", "python3",
                "-B", program,
            ])
            let own = outcome.lines.first { $0.contains("the request given") } ?? ""
            #expect(own.contains(words), "\(outcome.lines)")
            #expect(outcome.code == code, "\(outcome.lines)")
        }
    }

    @Test func theHelperSaysThatSignalsAreOfTheWarmUpToo() throws {
        let folder = try TemporaryFolder()
        let inline =
            #"{"time":[86400000,172800000,259200000,345600000],"open":[1,2,3,4],"high":[9,9,9,9],"low":[1,1,1,1],"#
            + #""close":[1.5,2.5,3.5,4.5]}"#
        let request = try folder.write(
            #"{"request_id":"r","strategy":{"name":"check"},"data":{"inline":\#(inline),"start":"1970-01-03","#
                + #""warmup_bars":1}}"#, to: "request.json")
        let program = try folder.write(
            """
            import sys
            sys.path.insert(0, "\(Self.examples)/python")
            from optimizer_host import serve_positions
            serve_positions(lambda bars: {"signals": {"entries": [bars.warmup_bars], "exits": [len(bars) - 2]}})
            """, to: "signals.py")
        let outcome = try Program.run([
            "check-strategy", "--request", request, "--timeout-ms", "\(Patience.milliseconds)", "--", "python3", "-B",
            program,
        ])
        let own = outcome.lines.first { $0.contains("the request given") } ?? ""
        #expect(outcome.code == 0 && own.contains("completed, 1 trades over 3 bars"), "\(outcome.lines)")
    }

    @Test func aHostThatDoesNotEndsItWithOneAndTheFaults() throws {
        let words = ["check-strategy", "--json", "--", "sh", "-c", #"echo '{"ready":{}}'; exec cat"#]
        let outcome = try Program.run(words)
        #expect(outcome.code == 1)
        let lines = json(outcome)
        let ping = try #require(lines.first { $0["check"] == .string("ping") })
        #expect(ping["ok"] == .bool(false) && ping["fault"]?.string?.contains(#"must be {"pong":7}"#) == true)
        #expect(lines.last?["ok"] == .bool(false) && lines.last?["checks"] == .integer(15))
        #expect((lines.last?["faults"]?.integer ?? 0) > 5)
    }

    @Test(arguments: [("python", "moving_average", "slow"), ("awk", "momentum", "period")])
    func theExamplesConfigurationIsListedAndChecked(folder: String, name: String, parameter: String) throws {
        let file = "\(Self.examples)/\(folder)/optimizer.yml"
        let checked = try Program.run(["check-config", file])
        #expect(checked.code == 0, "\(checked.words)")
        let listed = json(try Program.run(["strategies", name, "--config", file, "--json"]))
        #expect(listed.count == 1 && listed.first?["external"] == .bool(true))
        #expect(listed.first?["parameters"]?.elements?.contains { $0["name"] == .string(parameter) } == true)
    }

    @Test func aNameThatIsBuiltInIsRefusedWithItsPlace() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("strategies:\n  noop: { command: [sh] }\n", to: "a.yml")
        for words in [["check-config", file], ["run", "--config", file]] {
            let outcome = try Program.run(words)
            #expect(outcome.code == 78)
            #expect(outcome.words.contains("a.yml:2:3: strategies.noop: there is a built-in strategy of this name"))
        }
    }

    @Test func submitChecksRequestsForTheStrategiesOfTheConfiguration() throws {
        let request = #"{"request_id":"r","strategy":{"name":"momentum","parameters":{"period":0}}}"#
        let words = ["submit", "-", "--config", "\(Self.examples)/awk/optimizer.yml"]
        let outcome = try Program.run(words, input: request + "\n")
        #expect(outcome.code == 65)
        #expect(outcome.words.contains("period is 0, must be an integer from 1 to 5000"))
    }

    @Test func whatIsNoRequestIsRefusedBeforeAnythingIsStarted() throws {
        let folder = try TemporaryFolder()
        let request = try folder.write(#"{"request_id":"r"}"#, to: "request.json")
        for (path, words) in [(request, "strategy"), (folder.file("absent.json"), "cannot read")] {
            let outcome = try Program.run(["check-strategy", "--request", path, "--", "no-such-command"])
            #expect(outcome.code == 1 && outcome.lines.isEmpty && outcome.words.contains(words), "\(outcome.words)")
        }
    }

    @Test func whatIsNoSubjectIsAWrongCall() throws {
        #expect(try Program.run(["check-strategy"]).code == 64)
        #expect(try Program.run(["check-strategy", "--strategy", "x", "--", "sh"]).code == 64)
        #expect(try Program.run(["check-strategy", "--strategy", "x"]).code == 1)
    }
}

extension String {
    /// The same text, with a version in place of this that is nowhere.
    fileprivate func replacing(_ version: String) -> String {
        split(separator: version).joined(separator: "sha256:" + String(repeating: "0", count: 64))
    }
}
