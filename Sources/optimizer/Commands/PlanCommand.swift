import Configuration
import Kafka
import Messages
import Sizing
import Worker

/// `optimizer plan`: how many nodes a workload takes.
enum PlanCommand: Command {
    static let name = "plan"
    static let summary = "how many nodes, slots, partitions and how much memory a workload takes, and what to expect"
    static let help = """
        optimizer plan --rate N --step-ms N [--variation N] [--headroom PERCENT] [--slots N] [--processors N]
                       [--partitions N] [--keys N] [--busiest-key PERCENT] [--json]

        The fewest nodes that carry so many requests a second without one of them being busier than the headroom lets it
        be; the waits, the latency and the lag to expect on the busiest one, by a simulation of its slots; and what
        happens while a node is away. Memory, ordering, the commit interval and the session timeout are the
        configuration's. It asks no broker. What breaks first as a group grows, and how these figures compare with
        measured ones: the documentation page Sizing.

        Exit codes: 0 done; 1 no number of nodes does it, with the reason; 78 the configuration cannot be used.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("rate", value: "N", "requests a second, when they are most"),
        Option("step-ms", value: "N", "how long a step takes, on average, in milliseconds"),
        Option("variation", value: "N", "standard deviation of that as a part of it: 0 always the same (1)"),
        Option("headroom", value: "PERCENT", "what stays free of each node (30)"),
        Option("slots", value: "N", "of a node (pool.maxConcurrentStrategies, else as many as processors, at least 5)"),
        Option("processors", value: "N", "of a node, for steps that compute (as many as slots)"),
        Option("partitions", value: "N", "of the requests topic (as many as fit the nodes)"),
        Option("keys", value: "N", "different keys of requests (no keys: spread evenly)"),
        Option("busiest-key", value: "PERCENT", "of all requests that one key has (as many as each other)"),
        Option("json", "one JSON object on standard output"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        var workload = try workload(arguments)
        let configuration = try ConfigurationOptions.load(arguments)
        workload.lanes = lanes(configuration.ordering)
        let node = try node(arguments, configuration)
        let headroom = (try arguments.number("headroom", in: 1...95) ?? 30) / 100
        let partitions = try arguments.integer("partitions", in: 1...GroupPlan.mostPartitions)
        let plan: GroupPlan
        do throws(GroupPlan.Problem) {
            plan = try GroupPlan(workload, on: node, headroom: headroom, partitions: partitions)
        } catch {
            throw CommandFailure(words(error, headroom))
        }
        let report = PlanReport(
            plan: plan,
            forecast: GroupForecast(
                plan, commitIntervalMs: configuration.commit.intervalMs, awaySeconds: try awaySeconds(configuration)),
            headroom: headroom)
        try DataWriter.write(arguments.has("json") ? [report.json.text] : report.lines)
        return ExitCode.success
    }

    private static func workload(_ arguments: Arguments) throws(CommandFailure) -> Workload {
        guard let rate = try arguments.number("rate", in: 0.001...10_000_000),
            let stepMs = try arguments.number("step-ms", in: 0.001...86_400_000)
        else { throw .usage("needs --rate and --step-ms") }
        let steps = StepTimes(mean: stepMs, variation: try arguments.number("variation", in: 0...10) ?? 1)
        let busiest = try arguments.number("busiest-key", in: 0...100).map { $0 / 100 }
        guard let keys = try arguments.integer("keys", in: 1...1_000_000) else {
            guard busiest == nil else { throw .usage("--busiest-key needs --keys, the number of all keys") }
            return Workload(ratePerSecond: rate, steps: steps)
        }
        return Workload(ratePerSecond: rate, steps: steps, keys: KeySpread(keys: keys, busiestKey: busiest))
    }

    private static func lanes(_ ordering: OptimizerConfiguration.Ordering) -> Workload.Lanes {
        switch ordering {
        case .unordered: .none
        case .key: .keys
        case .partition: .partitions
        }
    }

    private static func node(
        _ arguments: Arguments, _ configuration: OptimizerConfiguration
    ) throws(CommandFailure) -> NodeShape {
        let given = try arguments.integer("processors", in: 1...1024)
        let slots =
            try arguments.integer("slots", in: 1...1024) ?? configuration.pool.maxConcurrentStrategies
            ?? NodeSettings.usualSlots(processors: given ?? 1)
        let processors = given ?? slots
        return NodeShape(
            slots: slots, processors: processors, ownMemoryMB: NodeSettings.ownMemoryMB(configuration),
            stepMemoryMB: configuration.limits.memoryMB)
    }

    private static func awaySeconds(_ configuration: OptimizerConfiguration) throws(CommandFailure) -> Double {
        do throws(KafkaFailure) {
            return Double(try KafkaClients(configuration.kafka).sessionTimeoutMs()) / 1000
        } catch {
            throw CommandFailure(error, "read the session timeout")
        }
    }

    private static func words(_ problem: GroupPlan.Problem, _ headroom: Double) -> String {
        switch problem {
        case .partitions(let given, let needed):
            "\(given) partitions give work to \(given) nodes at most, and it takes more than that, or \(needed) at "
                + "least, of which none gets more than the others: give the topic more partitions, or nodes more slots"
        case .busiestKey(let rate, let takes):
            "the busiest key alone has \(PlanReport.number(rate)) requests a second, and a node takes "
                + "\(PlanReport.number(takes)) with \(PlanReport.percent(headroom)) headroom: all of a key go to one "
                + "partition, so more nodes do not help; split the key, or give nodes more slots (--slots)"
        case .keys(let given):
            "\(given) keys do not spread over enough nodes: the busiest one has too much however many there are; use "
                + "more keys, or none, or give nodes more slots (--slots)"
        case .nodes(let needed):
            "it takes \(PlanReport.number(needed)) nodes at least, and a plan is made for "
                + "\(PlanReport.number(GroupPlan.mostNodes)) at most: give nodes more slots (--slots), or divide the work "
                + "among several groups and make a plan for each"
        case .keyInOrder(let rate, let takes):
            "the busiest key has \(PlanReport.number(rate)) requests a second, which under ordering run one after the "
                + "other, \(PlanReport.number(takes)) at most with \(PlanReport.percent(headroom)) headroom: split the key, make "
                + "its steps shorter, or do without ordering"
        case .partitionsInOrder(let given, let needed):
            "ordering is by partition: requests of one run one after the other, so that it takes "
                + "\(PlanReport.number(needed)) partitions, not \(PlanReport.number(given)): give the topic more, make steps "
                + "shorter, or order by key"
        }
    }
}
