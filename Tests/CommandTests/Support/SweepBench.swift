import Glibc
import Kafka
import Messages
import Strategies
import TestSupport

/// A broker, a data set, and as many nodes as a test wants.
final class SweepBench {
    let bench: Bench
    let root: String
    /// Given to every command, of those nodes that are to have it.
    private let configuration: [String]
    private(set) var nodes: [String: Program] = [:]

    /// - Parameter configuration: the text of a configuration file.
    init(configuration text: String? = nil) throws {
        let bench = try Bench()
        self.bench = bench
        root = bench.folder.file("data")
        configuration = try text.map { ["--config", try bench.folder.write($0, to: "own.yml")] } ?? []
        let imported = try Program.run([
            "import", "\(Files.package)/deploy/data/synth_walk.csv", "--dataset", "walk", "--set",
            "data.root=\(root)",
        ])
        guard imported.code == 0 else { throw Failure("import: \(imported.words)") }
    }

    /// 27 steps over the sample data, or fewer.
    static func sweep(_ id: String, fastest: Int = 60, slowStep: Int = 1) -> String {
        """
        {
          "type": "optimization", "optimization_id": "\(id)",
          "strategy": {"name": "sma_crossover", "parameters": {"direction": "long_only"}},
          "data": {"dataset": "walk", "timeframe": "1d"},
          "parameters": [{"name": "fast", "min": 2, "max": \(fastest), "step": 1},
                         {"name": "slow", "min": 20, "max": 200, "step": \(slowStep)}],
          "parameter_constraints": [{"left": "fast", "operator": "less", "right": "slow"}],
          "objective": {"target": "sharpe_ratio", "extremum": "max"},
          "constraints": [{"target": "trade_count", "operator": "greaterOrEqual", "target_value": 6}],
          "out_of_sample": {"start": "2015-01-01"}
        }

        """
    }

    func plan(_ sweep: String) throws -> SweepPlan {
        let members = try JSONValue.parse(Array(sweep.utf8)).members ?? []
        let output = JSONMember("output", .object([JSONMember("heatmap", .bool(true))]))
        return try SweepPlan(Sweep.parse(Array(JSONValue.object(members + [output]).text.utf8)), dataRoot: root)
    }

    /// - Parameters:
    ///   - slow: the nodes of these that get a tenth of a processor.
    ///   - isBare: they have no configuration.
    func startNodes(_ names: [String], slow: Set<String> = [], isBare: Bool = false) throws {
        for name in names {
            nodes[name] = try bench.start(
                [
                    "run", "--set", "metrics.http=null", "--set", "node.id=\(name)",
                    "--set", "kafka.consumer.session.timeout.ms=6000", "--set", "kafka.consumer.fetch.wait.max.ms=10",
                    "--set", "data.root=\(root)", "--set", "pool.maxConcurrentStrategies=1", "--set",
                    "limits.memoryMB=128",
                    "--set", "limits.timeoutMs=\(Patience.milliseconds)",
                    "--set", "limits.cpuPercent=\(slow.contains(name) ? 10 : 80)",
                ] + (isBare ? [] : configuration))
        }
        var round = 0
        try eventually("an answer of each of \(names)") {
            round += 1
            try bench.process((0..<12).map { Bench.request("up-\(round)-\($0)") }, (0..<12).map { "up-\(round)-\($0)" })
            return try Set(results().compactMap { $0["node"]?.string }).isSuperset(of: names)
        }
    }

    func results() throws -> [JSONValue] {
        try bench.records(bench.names.results).map { try JSONValue.parse($0.value ?? []) }
    }

    func stepResults() throws -> [JSONValue] { try results().filter { $0["step"] != nil } }

    func submit(_ sweep: String, _ options: [String] = []) throws -> Program.Outcome {
        try bench.optimizer(["submit", "-", "--set", "data.root=\(root)"] + configuration + options, input: sweep)
    }

    func merged(_ id: String, _ options: [String] = []) throws -> Program.Outcome {
        try bench.optimizer(
            ["results", "--sweep", id, "--set", "data.root=\(root)"] + configuration + Patience.option + options)
    }

    func walkForward(_ id: String, _ options: [String] = []) throws -> Program.Outcome {
        try bench.optimizer(
            ["results", "--walk-forward", id, "--set", "data.root=\(root)"] + configuration + Patience.option + options)
    }

    // MARK: Results without a node

    typealias Place = (topic: String, partition: Int32, offset: Int64)

    /// Puts the result of a step, run here, into the results topic.
    func produce(
        resultOf plan: SweepPlan, _ step: Int, engineVersion: String = "1", place: Place? = nil
    ) throws {
        let host = HostedStrategies(dataRoot: root, engineVersion: engineVersion)
        let result = try StepMessage.result(host.run(plan.request(step: step)), plan, step, place)
        try bench.produce(bench.names.results, value: Array(result.text.utf8))
    }

    /// Puts a failure of a step into the results topic.
    func produce(
        failureOf plan: SweepPlan, _ step: Int, _ status: String = "rejected", _ code: String = "unknown_dataset",
        _ message: String = "no walk here", place: Place? = nil
    ) throws {
        let reply =
            #"{"status":"\#(status)","error":{"code":"\#(code)","message":"\#(message)","retryable":true}}"#
        let result = try StepMessage.result(Array(reply.utf8), plan, step, place)
        try bench.produce(bench.names.results, value: Array(result.text.utf8))
    }

    func kill(_ node: String) throws {
        nodes[node]?.signal(SIGKILL)
        _ = try nodes.removeValue(forKey: node)?.outcome()
    }

    func close() throws {
        for node in nodes.values { node.signal(SIGTERM) }
        for node in nodes.values { _ = try node.outcome() }
        try bench.close()
    }
}

/// What a node makes of a host's reply to a step.
enum StepMessage {
    static func result(
        _ reply: [UInt8], _ plan: SweepPlan, _ step: Int, _ place: SweepBench.Place? = nil
    ) throws -> JSONValue {
        var members = [
            JSONMember("type", .string("optimization_result")),
            JSONMember("request_id", .string(plan.requestID(ofStep: step))),
        ]
        members += try JSONValue.parse(reply).members ?? []
        if let place {
            members.append(
                JSONMember(
                    "request",
                    .object([
                        JSONMember("topic", .string(place.topic)),
                        JSONMember("partition", .integer(Int(place.partition))),
                        JSONMember("offset", .integer(Int(place.offset))),
                    ])))
        }
        return .object(members)
    }
}
