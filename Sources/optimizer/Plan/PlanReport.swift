import Messages
import Sizing

/// A plan and what is to be expected of it, for a person and for a program.
struct PlanReport {
    /// Beyond so many commits a second the coordinator of the group, which is one broker, is worth a thought.
    static let manyCommits = 5000.0
    /// Beyond so many nodes rebalances are.
    static let manyNodes = 500

    let plan: GroupPlan
    let forecast: GroupForecast
    let headroom: Double

    private var node: NodeShape { plan.node }
    private var workload: Workload { plan.workload }

    // MARK: For a person

    var lines: [String] {
        let rows = [
            ("nodes", Self.number(plan.nodes), nodeWords),
            (
                "slots", Self.number(plan.nodes * node.slots),
                "\(node.slots) each; \(Self.number(workload.busySlots)) busy on average"
            ),
            ("partitions", Self.number(plan.partitions), partitionWords),
            (
                "memory", Self.memory(plan.nodes * node.memoryMB),
                "at most; a node \(Self.memory(node.memoryMB)): its own \(Self.memory(node.ownMemoryMB)), and \(Self.memory(node.stepMemoryMB)) for each slot"
            ),
            (
                "wait", Self.time(forecast.queue.meanWait),
                "on average for a slot; P95 \(Self.time(forecast.queue.waitP95))"
            ),
            (
                "latency", Self.time(forecast.queue.p50),
                "P50; P95 \(Self.time(forecast.queue.p95)), P99 \(Self.time(forecast.queue.p99)); the way through Kafka comes on top"
            ),
            (
                "lag", Self.number(forecast.records + forecast.uncommitted),
                "records at a time, \(Self.number(forecast.uncommitted)) of them done and not yet committed"
            ),
        ]
        let columns: [Table.Column] = [.left(""), .right(""), .left("")]
        let table = Table.lines(columns, rows.map { [$0.0, $0.1, $0.2] }).dropFirst()
        return [title] + table + [away].compactMap(\.self) + notes.map { "note: \($0)" }
    }

    private var title: String {
        "\(Self.number(workload.ratePerSecond)) requests a second of \(Self.time(workload.steps.mean)) "
            + "(variation \(workload.steps.variation.fixed(1))), \(Self.percent(headroom)) of each node free"
    }

    private var nodeWords: String {
        let busiest = "the busiest \(Self.percent(plan.busiest)) busy with \(Self.number(plan.busiestRate)) a second"
        guard plan.busiest > plan.average * 1.01 else { return busiest + ", as are all" }
        return busiest + ", the average \(Self.percent(plan.average))"
    }

    private var partitionWords: String {
        let each = Double(plan.partitions) / Double(plan.nodes)
        return each == each.rounded()
            ? "\(Int(each)) for each node" : "\(each.fixed(1)) for a node: some have more than others"
    }

    private var away: String? {
        guard let away = forecast.away else {
            return
                "a single node: while it is away nothing is done, for \(Self.number(workload.ratePerSecond)) records a second of lag"
        }
        let still =
            "a node that dies: its partitions stand still for \(Self.time(away.seconds * 1000)), "
            + "\(Self.number(away.records)) records; then the busiest of the others is \(Self.percent(away.busy)) busy"
        guard let seconds = away.catchUpSeconds else { return still + " and falls behind until there is another" }
        return still + ", and has caught up \(Self.time(seconds * 1000)) later"
    }

    /// What else this workload meets.
    var notes: [String] {
        var notes: [String] = []
        if node.slots > node.processors {
            notes.append(
                "\(node.slots) slots on \(node.processors) processors: steps that compute become slower, not more")
        }
        if plan.capacity >= NodeShape.mostPerSecond {
            notes.append(
                "a node takes \(Self.number(NodeShape.mostPerSecond)) a second at most, however short steps are: "
                    + "more slots do not help")
        }
        if workload.keys != nil, plan.average < plan.busiest / 2 {
            let even = Int((workload.ratePerSecond / (plan.capacity * (1 - headroom))).rounded(.up))
            notes.append(
                "keys spread unevenly over so many nodes: without keys, or with many more of them, "
                    + "\(Self.number(even)) nodes would do; so would fewer and larger ones (--slots)")
        }
        if forecast.commitsPerSecond > Self.manyCommits {
            // By how often the nodes may commit: that the requests are fewer than that does not slow them down.
            let interval = Int((Double(plan.nodes) * 1000 / Self.manyCommits / 25).rounded(.up)) * 25
            let then = min(workload.ratePerSecond, Double(plan.nodes) * 1000 / Double(interval))
            notes.append(
                "\(Self.number(forecast.commitsPerSecond)) commits a second go to the one broker that coordinates "
                    + "the group: commit.intervalMs=\(interval) makes it \(Self.number(then)), and a crash repeats "
                    + "no more than that interval's steps")
        }
        if plan.nodes > Self.manyNodes {
            notes.append(
                "a group of \(Self.number(plan.nodes)) members rebalances slowly: larger nodes, or two groups on "
                    + "topics of their own")
        }
        return notes + orderingNotes
    }

    private var orderingNotes: [String] {
        switch workload.lanes {
        case .none: []
        case .keys:
            workload.keys == nil
                ? [
                    "ordering is by key: give --keys; one key has \(Self.number(workload.lanePerSecond)) requests a second "
                        + "at most"
                ] : []
        case .partitions:
            [
                "ordering is by partition: requests of one run one after the other, and wait longer than is said above"
            ]
        }
    }

    // MARK: For a program

    var json: JSONValue {
        .object([
            JSONMember("rate_per_second", .number(workload.ratePerSecond)),
            JSONMember("step_ms", .number(workload.steps.mean)),
            JSONMember("variation", .number(workload.steps.variation)),
            JSONMember("headroom", .number(headroom)), JSONMember("nodes", .integer(plan.nodes)),
            JSONMember("slots_per_node", .integer(node.slots)), JSONMember("slots", .integer(plan.nodes * node.slots)),
            JSONMember("partitions", .integer(plan.partitions)),
            JSONMember("memory_mb", .integer(plan.nodes * node.memoryMB)),
            JSONMember("memory_mb_per_node", .integer(node.memoryMB)),
            JSONMember("busiest_node", Self.rounded(plan.busiest)),
            JSONMember("average_node", Self.rounded(plan.average)),
            JSONMember("busiest_node_per_second", Self.rounded(plan.busiestRate)),
            JSONMember(
                "wait_ms",
                .object([
                    JSONMember("mean", Self.rounded(forecast.queue.meanWait)),
                    JSONMember("p95", Self.rounded(forecast.queue.waitP95)),
                ])),
            JSONMember(
                "latency_ms",
                .object([
                    JSONMember("mean", Self.rounded(forecast.queue.meanTime)),
                    JSONMember("p50", Self.rounded(forecast.queue.p50)),
                    JSONMember("p95", Self.rounded(forecast.queue.p95)),
                    JSONMember("p99", Self.rounded(forecast.queue.p99)),
                ])),
            JSONMember("lag_records", Self.rounded(forecast.records + forecast.uncommitted)),
            JSONMember("commits_per_second", Self.rounded(forecast.commitsPerSecond)),
            JSONMember("node_away", forecast.away.map(Self.away) ?? .null),
            JSONMember("notes", .array(notes.map { .string($0) })),
        ])
    }

    private static func away(_ away: GroupForecast.NodeAway) -> JSONValue {
        .object([
            JSONMember("seconds", rounded(away.seconds)), JSONMember("records", rounded(away.records)),
            JSONMember("busiest_node", rounded(away.busy)),
            JSONMember("catch_up_seconds", away.catchUpSeconds.map(rounded) ?? .null),
        ])
    }

    private static func rounded(_ value: Double) -> JSONValue { .number((value * 1000).rounded() / 1000) }

    // MARK: Words

    static func number(_ value: Int) -> String {
        var digits = Substring(String(value))
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    static func number(_ value: Double) -> String {
        value < 10 ? value.fixed(1) : value < 1e15 ? number(Int(value.rounded())) : value.description
    }

    static func time(_ ms: Double) -> String {
        if ms < 10 { return ms.fixed(ms < 1 ? 2 : 1) + " ms" }
        if ms < 1000 { return ms.fixed(0) + " ms" }
        if ms < 60_000 { return (ms / 1000).fixed(1) + " s" }
        return ms < 3_600_000 ? (ms / 60_000).fixed(1) + " min" : (ms / 3_600_000).fixed(1) + " h"
    }

    private static func memory(_ megabytes: Int) -> String {
        if megabytes < 10_000 { return number(megabytes) + " MB" }
        return megabytes < 10_000_000 ? number(megabytes / 1024) + " GB" : number(megabytes >> 20) + " TB"
    }

    static func percent(_ part: Double) -> String { (part * 100).fixed(0) + " %" }
}
