import Glibc
import Messages
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

/// External strategies that answer what they want to hold: the node's hosts trade it.
@Suite(.serialized) struct PositionTests {
    /// What goes wrong, and what is done besides, by the parameter `do`.
    private static let program = #"""
        import os, signal, subprocess, sys, time
        sys.path.insert(0, "EXAMPLES/python")
        from optimizer_host import serve_positions
        def engine_of_the_slot():
            # Of this node: no other has its data root.
            root, engines = os.environ["OPTIMIZER_DATA_ROOT"], []
            for name in filter(str.isdigit, os.listdir("/proc")):
                try: words = open(f"/proc/{name}/cmdline").read().split("\0")
                except OSError: continue
                if "serve" in words and root in words: engines.append(int(name))
            return engines
        def run(bars, do="flat"):
            count = len(bars)
            if do == "short": return [0]
            if do == "half": return [0.5] * count
            if do == "gap": return [None, 1] + [None] * (count - 2)
            if do == "signals": return {"signals": {"entries": [1], "exits": [3]}, "stop_loss_pct": 50}
            if do == "both": return {"positions": [0] * count, "statistics": {"sharpe_ratio": 9}}
            if do == "stop": [os.kill(pid, signal.SIGSTOP) for pid in engine_of_the_slot()]
            if do == "kill": [os.kill(pid, signal.SIGKILL) for pid in engine_of_the_slot()]
            return [0, 1] + [0] * (count - 2)
        serve_positions(run)
        """#

    private static let bars =
        #","data":{"inline":{"timeframe":"1d","time":[86400000,172800000,259200000,345600000,432000000],"#
        + #""open":[10,11,12,13,14],"high":[11,12,13,14,15],"low":[9,10,11,12,13],"close":[11,12,11,13,14]}}"#

    private static func write(_ folder: TemporaryFolder, data: String) throws -> String {
        let parts = program.split(separator: "EXAMPLES", maxSplits: 1).joined(separator: ExternalFile.examples)
        let script = try folder.write(parts, to: "orders.py")
        let choices = "[flat, short, half, gap, signals, both, stop, kill]"
        return try folder.write(
            """
            data: { root: \(data) }
            strategies:
              orders:
                command: [python3, -B, "\(script)"]
                startTimeoutMs: \(Patience.milliseconds)
                parameters: { do: { type: choice, choices: \(choices), default: flat } }
              crossover:
                command: [python3, -B, crossover.py]
                workingDirectory: \(ExternalFile.examples)/python
                startTimeoutMs: \(Patience.milliseconds)
                parameters:
                  fast: { type: integer, min: 1, max: 5000, default: 10 }
                  slow: { type: integer, min: 2, max: 5000, default: 20 }
            """, to: "optimizer.yml")
    }

    private func run(
        _ requests: [String], _ settings: [String] = [], data: String? = nil,
        tune: (inout NodeSettings) -> Void = { _ in }, _ body: ([String: TestResult], TestNode) throws -> Void
    ) throws {
        let folder = try TemporaryFolder()
        let kafka = try TestKafka(partitions: 2)
        defer { kafka.close() }
        try kafka.submit(requests)
        let node = try TestNode(
            kafka, settings, file: Self.write(folder, data: data ?? folder.file("data")), tune: tune)
        let results = try kafka.results(requests.count)
        #expect(results.count == requests.count)
        try body(Dictionary(results.map { ($0.requestID, $0) }) { first, _ in first }, node)
        #expect(try node.stop() == 0)
    }

    /// `a` and `b` with numbers that differ by at most 10^-9 of them.
    private func isClose(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.object(let one), .object(let other)):
            one.count == other.count && zip(one, other).allSatisfy { $0.name == $1.name && isClose($0.value, $1.value) }
        case (.array(let one), .array(let other)):
            one.count == other.count && zip(one, other).allSatisfy { isClose($0, $1) }
        default:
            if let one = a.double, let other = b.double {
                abs(one - other) <= 1e-9 * max(1, abs(one), abs(other))
            } else {
                a == b
            }
        }
    }

    /// The same request but for its strategy: every figure, trade and point of the curve.
    @Test(arguments: ["standard", "strict"])
    func aCrossoverInPythonHasTheFiguresOfTheBuiltInOne(sandbox: String) async throws {
        try await onOwnThread {
            let folder = try TemporaryFolder()
            let data = folder.file("data")
            let imported = try CommandLineTool.run(
                try #require(ExecutablePath.beside("optimizer")),
                [
                    "import", Files.package + "/deploy/data/synth_walk.csv", "--dataset", "walk", "--set",
                    "data.root=\(data)",
                ])
            #expect(imported.status == 0)
            let sections = [
                #","data":{"dataset":"walk"},"output":{"trades":true,"equity_curve":"full"}"#,
                #","data":{"dataset":"walk","start":"2012-01-01","end":"2014-06-30"},"account":{"cash":5000,"#
                    + #""commission":0.001,"spread":0.0005,"units":"fractional","at_end":"close_out"},"#
                    + #""statistics":{"risk_free_rate":0.03},"output":{"trades":true,"equity_curve":"sampled"}"#,
            ]
            // Not so short that the cash is used up: what is dropped, a position orders again and a cross does not.
            let periods = [(3, 8), (5, 20), (10, 30), (37, 111)]
            var requests: [String] = []
            for (section, more) in sections.enumerated() {
                for (fast, slow) in periods {
                    for name in ["crossover", "sma_crossover"] {
                        let parameters = #"{"fast":\#(fast),"slow":\#(slow)}"#
                        requests.append(request("\(name)-\(fast)-\(section)", name, parameters, more: more))
                    }
                }
            }
            try run(requests, ["isolation.sandbox=\(sandbox)"], data: data) { results, _ in
                for section in sections.indices {
                    for (fast, _) in periods {
                        let own = try #require(results["crossover-\(fast)-\(section)"])
                        let builtIn = try #require(results["sma_crossover-\(fast)-\(section)"])
                        #expect(own.status == "completed", "\(own.message)")
                        #expect(own.json["strategy"]?["name"] == .string("crossover"))
                        for name in [
                            "data", "account", "statistics", "open_position", "trades", "equity_curve", "engine",
                        ] {
                            let (one, other) = (try #require(own.json[name]), try #require(builtIn.json[name]))
                            #expect(isClose(one, other), "\(name): \(one.text.prefix(500)) \(other.text.prefix(500))")
                        }
                        #expect(own.json["statistics"]?["trade_count"]?.integer ?? 0 > 3)
                    }
                }
            }
        }
    }

    @Test func whatCannotBeTradedIsTheStepsFailureAndSaysWhatWouldBeRight() async throws {
        try await onOwnThread {
            let deeds = ["flat", "short", "half", "gap", "signals", "both"]
            let requests = deeds.map { request($0, "orders", #"{"do":"\#($0)"}"#, more: Self.bars) }
            let without = request("without", "orders", more: #","data":{"dataset":"absent"}"#)
            let misspelt = request("misspelt", "orders", more: Self.bars + #","account":{"cahs":5}"#)
            try run(requests + [without, misspelt]) { results, _ in
                #expect(results["flat"]?.status == "completed" && results["signals"]?.status == "completed")
                // The position wanted after bar 1 is bought at bar 2's open, and sold at the next.
                #expect(results["flat"]?.json["statistics"]?["trade_count"] == .integer(1))
                for (id, words) in [
                    ("short", "positions has 1 elements and the data 5 bars; give one per bar"),
                    ("half", "positions[0] is 0.5, must be 1 (long), 0 (out) or -1 (short)"),
                    ("gap", "positions[2] is null"), ("both", #"it has "statistics""#),
                ] {
                    #expect(results[id]?.status == "failed" && results[id]?.code == "invalid_positions", "\(id)")
                    #expect(results[id]?.message.contains(words) == true, "\(results[id]?.message ?? "")")
                    #expect(results[id]?.json["strategy"]?["name"] == .string("orders"))
                }
                #expect(results["without"]?.status == "rejected" && results["without"]?.code == "unknown_dataset")
                #expect(results["misspelt"]?.code == "invalid_request")
                #expect(results["misspelt"]?.message.contains(#"did you mean "cash"?"#) == true)
            }
        }
    }

    /// Also where machine and strategy are slow.
    private static func writesAhead(_ settings: inout NodeSettings) {
        settings.serviceTimes = ServiceTimes(budgetNanoseconds: 1e9)
    }

    @Test func ordersOfStepsThatAreWrittenAheadAreTradedEachForItsOwn() async throws {
        try await onOwnThread {
            let deeds = ["flat", "signals", "half"]
            let requests = (0..<600).map {
                request("\($0)", "orders", #"{"do":"\#(deeds[$0 % 3])"}"#, more: Self.bars)
            }
            let settings = ["pool.maxConcurrentStrategies=2"]
            try run(requests, settings, tune: Self.writesAhead) { results, _ in
                for (id, result) in results {
                    let number = try #require(Int(id))
                    let expected = deeds[number % 3] == "half" ? "invalid_positions" : nil
                    #expect(result.code == expected, "\(id): \(result.message)")
                    guard expected == nil else { continue }
                    let first = result.json["data"]?["bars"]
                    #expect(first == .integer(5), "\(id)")
                }
            }
        }
    }

    /// The host of the slot that is to trade is dead, or hangs.
    @Test(arguments: [false, true]) func aLostEngineCostsNoOtherStep(writesAhead: Bool) async throws {
        try await onOwnThread {
            let limits = #","limits":{"timeout_ms":2000}"#
            let requests =
                (0..<20).map { request("before-\($0)", "orders", more: Self.bars) } + [
                    request("kill", "orders", #"{"do":"kill"}"#, more: Self.bars),
                    request("stop", "orders", #"{"do":"stop"}"#, more: Self.bars + limits),
                ] + (0..<20).map { request("after-\($0)", "orders", more: Self.bars) }
                + (0..<5).map { request("built-in-\($0)") }
            let settings = ["pool.maxConcurrentStrategies=1", "isolation.sandbox=off"]
            try run(requests, settings, tune: writesAhead ? Self.writesAhead : { _ in }) { results, node in
                for (id, result) in results where id != "stop" && id != "kill" {
                    #expect(result.status == "completed", "\(id): \(result.message)")
                }
                #expect(results["stop"]?.status == "timed_out", "\(results["stop"]?.message ?? "")")
                // The next attempt has a new one, which it kills as well.
                #expect(results["kill"]?.status == "crashed", "\(results["kill"]?.message ?? "")")
                #expect(results["kill"]?.json["attempt"]?.integer ?? 0 > 1)
                #expect(node.log.all.contains { $0.contains("host lost") })
            }
        }
    }
}
