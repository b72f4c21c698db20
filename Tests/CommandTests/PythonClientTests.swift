import Messages
import System
import TestSupport
import Testing

@testable import Strategies

/// `deploy/python`, as a notebook uses it: against a broker and a node.
@Suite(.node, .enabled(if: PythonClient.python != nil, "needs confluent-kafka for Python (python3-confluent-kafka)"))
struct PythonClientTests {
    @Test func theExampleRuns() throws {
        let imported = try Program.run([
            "import", "\(Files.package)/deploy/data/synth_walk.csv", "--dataset", "synth_walk", "--set",
            "data.root=\(bench.folder.path)/data",
        ])
        #expect(imported.code == 0, "\(imported.words)")
        let outcome = try PythonClient.run("\(PythonClient.folder)/example.py")
        #expect(outcome.status == 0, "\(outcome.output)")
        // The figures are those of `ReferenceTests`: the client changes nothing.
        for line in [
            "fast 10, slow 20: return -9.96 %, Sharpe ratio -0.071\n", "5 backtests, the best is rsi-5\n",
            "rejected, invalid_parameters: strategy.parameters.fast is 0, must be an integer from 1 to 10000\n",
            "9818 sets, the best {'fast': 20, 'slow': 24}: Sharpe ratio 0.563\n", " results are completed\n",
        ] {
            #expect(outcome.output.contains(line), "\(line) is not in \(outcome.output)")
        }
    }

    @Test func everyEndIsToldAndNoThreadIsLeftBehind() throws {
        let program = try bench.folder.write(
            """
            import os
            from optimizer_client import Client, DeliveryError, Future, OptimizerError, ResultTimeout, request
            from optimizer_client import UnknownRequest

            def threads(): return len(os.listdir("/proc/self/task"))
            def error(kind, call):
                try:
                    call()
                except kind as found:
                    return found
                raise AssertionError(f"no {kind.__name__}")

            before = threads()
            client = Client()
            assert threads() > before
            late = error(ResultTimeout, lambda: Future(client, "unsent").result(timeout=0.01))
            assert str(late).startswith("unsent has no result within 0.01 s"), late
            refused = client.submit(request("nop", request_id="refused")).exception(timeout=300)
            assert refused.code == "unknown_strategy" and 'did you mean "noop"?' in refused.message, refused
            killed = client.submit(request("sleep", parameters={"ms": 60000}, limits={"timeout_ms": 50}))
            assert killed.exception(timeout=300).status == "timed_out", killed
            large = request("noop", request_id="large", labels={"x": "x" * 2_000_000})
            lost = error(DeliveryError, lambda: client.submit_all([request("noop", request_id="small"), large]))
            assert list(lost.failed) == ["large"] and [each.request_id for each in lost.futures] == ["small"], lost
            # Another opens after these were sent: each has to have its own answers only.
            futures = client.submit_all(request("noop", request_id="same") for _ in range(500))
            with Client() as other:
                assert other.run(request("noop", request_id="same"), timeout=300).is_completed
            done, rest = client.wait(futures, timeout=300)
            assert (len(done), len(rest)) == (500, 0), rest
            assert client.run(request("noop"), timeout=300, key="k")["request"]["key"] == "k"
            assert client.result("refused").status == "rejected"
            unknown = error(UnknownRequest, lambda: client.result("refuse"))
            assert 'did you mean "refused"?' in str(unknown), unknown
            assert "no sweep" in str(error(OptimizerError, lambda: client.sweep_result("none", timeout=300)))
            open_one = client.submit(request("noop"))
            client.close()
            assert "is closed" in str(error(OptimizerError, open_one.result))
            assert threads() == before, threads()
            absent = error(OptimizerError, lambda: Client(topics={"results": "absent"}))
            assert "the topic absent (topics: results)" in str(absent), absent
            assert threads() == before, threads()
            """, to: "ends.py")
        let outcome = try PythonClient.run(program)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test func itsOwnTestsPass() throws {
        let outcome = try PythonClient.run("\(PythonClient.folder)/test_optimizer_client.py")
        #expect(outcome.status == 0, "\(outcome.output)")
    }
}

/// The client of the project, in a Python that has what it needs.
/// What of it is as the engine has it, without a broker.
@Suite(.enabled(if: PythonClient.python != nil, "needs confluent-kafka for Python (python3-confluent-kafka)"))
struct PythonGridTests {
    /// min, max and step of a range; places that are looked at beside both ends.
    private static let ranges: [(String, String, String?)] = [
        ("100.1", "100.5", nil), ("1000.1", "1000.3", nil), ("-1e15", "1e15", nil), ("0.1", "0.30000000000000004", nil),
        ("2", "99.99", nil), ("1e-9", "80", nil),
        ("0.1234567890123456", "0.2234567890123457", nil), ("0", "99", "0.1"), ("0.1", "0.7", "0.1"),
        ("0.3333333333333333", "33", "1e-7"), ("1e-15", "99", "0.333"), ("0.1", "99.9", "0.012345678901234567"),
    ]

    @Test func aPlaceOnAnAxisIsTheValueThatTheEngineHas() throws {
        let folder = try TemporaryFolder()
        let descriptor = StrategyDescriptor(
            name: "s", summary: "",
            parameters: [ParameterSpecification("a", .number(-1e15...1e15), default: .number(1), "")])
        var cases: [JSONValue] = []
        for (minimum, maximum, step) in Self.ranges {
            let step = step.map { #","step":\#($0)"# } ?? ""
            let text = #"{"name":"a","min":\#(minimum),"max":\#(maximum)\#(step)}"#
            let axis = try SweepAxis(JSONValue.parse(Array(text.utf8)), "a", descriptor, isDrawn: true)
            var json = JSONWriter()
            json.axis(axis)
            let places = Set((0...200).map { axis.count * $0 / 201 } + [axis.count - 1])
            let values = places.map { JSONValue.array([.integer($0), axis.value($0)]) }
            cases.append(.array([try JSONValue.parse(json.bytes), .array(values)]))
        }
        _ = try folder.write(JSONValue.array(cases).text, to: "cases.json")
        let program = try folder.write(
            """
            import json
            from optimizer_client.sweeps import _value

            for axis, values in json.load(open("cases.json")):
                for place, value in values:
                    assert _value(axis, place) == value, (axis, place, _value(axis, place), value)
            """, to: "places.py")
        let outcome = try CommandLineTool.run(
            "/usr/bin/env",
            ["-C", folder.path, "PYTHONPATH=\(PythonClient.folder)", #require(PythonClient.python), "-B", program])
        #expect(outcome.status == 0, "\(outcome.output)")
    }
}

private enum PythonClient {
    static let folder = "\(Files.package)/deploy/python"

    /// The one in the PATH may be another than Debian's, which has Debian's packages.
    static let python: String? = [CommandLineTool.find("python3"), "/usr/bin/python3"].compactMap(\.self).first {
        (try? CommandLineTool.run($0, ["-c", "import confluent_kafka"]).status) == 0
    }

    /// Runs a program on the suite's broker; the topics are told by the environment, as to `optimizer`.
    static func run(_ program: String) throws -> CommandLineTool.Outcome {
        let programs = try #require(ExecutablePath.beside("optimizer")).dropLast("/optimizer".count)
        let environment =
            try bench.names.environment + [
                "PATH=\(programs):/usr/bin:/bin", "PYTHONPATH=\(folder)", "OMP_NUM_THREADS=1",
                "OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS=\(bench.address)", "OPTIMIZER_DATA_ROOT=\(bench.folder.path)/data",
            ]
        return try CommandLineTool.run(
            "/usr/bin/env", ["-C", bench.folder.path] + environment + [#require(python), "-B", program])
    }
}
