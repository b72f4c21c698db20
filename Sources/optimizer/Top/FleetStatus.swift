import Messages
import Scheduling
import Worker

/// A fleet as the `/status` of `optimizer top --http`; its members are described in the Metrics documentation.
struct FleetStatus {
    /// So many nodes are named where something holds for many.
    private static let namedNodes = 5
    /// What the bounds of each node multiply to is no document for a browser.
    static let mostPartitions = 10_000
    static let most = 500

    let fleet: Fleet
    let history: FleetHistory
    let topic: String
    /// What keeps the topic from being read, or that it has not been read to its end yet.
    let problem: String?
    let now: MonotonicTime

    func encoded(at time: Timestamp = .now()) -> [UInt8] {
        let nodes = fleet.sorted(by: .name)
        let heard = nodes.filter { $0.phase != .stopped && !$0.isStale(at: now) }
        let members = [
            JSONMember("schema_version", .integer(1)),
            JSONMember("time", .string(time.rfc3339)),
            JSONMember("topic", .string(topic)),
            JSONMember("groups", Self.names(heard.compactMap(\.details.group))),
            JSONMember("versions", Self.names(heard.compactMap(\.details.version))),
            JSONMember("stale", .array(problem.map { [.string($0)] } ?? [])),
            JSONMember("nodes_left_out", .integer(fleet.leftOut)),
            JSONMember("totals", totals(heard)),
            JSONMember("unread_partitions", Self.integer(heard.compactMap(\.details.unreadPartitions).max())),
            JSONMember("history", past),
            JSONMember("nodes", .array(nodes.map(node))),
            JSONMember("partitions", .array(partitions(heard))),
            JSONMember("kept_back", .array(keptBack(heard))),
            JSONMember("brokers", .array(brokers(heard))),
            JSONMember("strategies", .array(fleet.strategies(at: now).prefix(Self.most).map(strategy))),
        ]
        return Array(JSONValue.object(members).text.utf8)
    }

    private func totals(_ heard: [ObservedNode]) -> JSONValue {
        let totals = fleet.totals(at: now)
        let oldest = heard.flatMap { $0.details.partitions.compactMap(\.lagSeconds) }.max()
        return .object([
            JSONMember("running", .integer(totals.running)), JSONMember("slots", .integer(totals.slots)),
            JSONMember("queue_depth", .integer(totals.queueDepth)),
            JSONMember("partitions", .integer(totals.partitions)),
            JSONMember("paused_partitions", .integer(totals.pausedPartitions)),
            JSONMember("per_second", Self.number(totals.perSecond)), JSONMember("p95_ms", Self.number(totals.p95)),
            JSONMember("lag", Self.integer(totals.lag)), JSONMember("lag_seconds", Self.number(oldest)),
        ])
    }

    private var past: JSONValue {
        let samples = history.samples
        return .object([
            JSONMember("interval_ms", .integer(FleetHistory.intervalMs)),
            JSONMember("per_second", .array(samples.map { Self.number($0.perSecond) })),
            JSONMember("p95_ms", .array(samples.map { Self.number($0.p95) })),
            JSONMember("queue_depth", .array(samples.map { .integer($0.queueDepth) })),
            JSONMember("lag", .array(samples.map { Self.integer($0.lag) })),
        ])
    }

    private func node(_ node: ObservedNode) -> JSONValue {
        .object([
            JSONMember("node", .string(node.name)), JSONMember("state", .string(node.state(at: now))),
            JSONMember("version", node.details.version.map { .string($0) } ?? .null),
            JSONMember("heard_ms", .integer(Int(max(0, now.milliseconds(since: node.heardAt))))),
            JSONMember(
                "runs",
                .array(
                    (node.phase == .stopped ? [] : node.details.runs).map {
                        .object([JSONMember("name", .string($0.name)), JSONMember("slots", .integer($0.slots))])
                    })),
            JSONMember("running", .integer(node.running)), JSONMember("slots", .integer(node.slots)),
            JSONMember("queue_depth", .integer(node.queueDepth)),
            JSONMember("partitions", .integer(node.partitions.count)),
            JSONMember("paused_partitions", .integer(node.pausedPartitions.count)),
            JSONMember("per_second", Self.number(node.requestsPerSecond)),
            JSONMember("p50_ms", Self.number(node.p50)), JSONMember("p95_ms", Self.number(node.p95)),
            JSONMember("lag", Self.integer(node.lag)),
        ])
    }

    /// Those with most lag first.
    private func partitions(_ heard: [ObservedNode]) -> [JSONValue] {
        let all = heard.flatMap { node in
            // One that was given up since the last interval is another node's now.
            let mine = Set(node.partitions)
            return node.details.partitions.filter { mine.contains($0.partition) }.map { (node.name, $0) }
        }
        let sorted = all.sorted { left, right in
            let (leftLag, rightLag) = (left.1.lag ?? -1, right.1.lag ?? -1)
            return (rightLag, left.1.partition, left.0) < (leftLag, right.1.partition, right.0)
        }
        return sorted.prefix(Self.mostPartitions).map { node, partition in
            .object([
                JSONMember("partition", .integer(partition.partition)), JSONMember("node", .string(node)),
                JSONMember("lag", Self.integer(partition.lag)),
                JSONMember("lag_seconds", Self.number(partition.lagSeconds)),
                JSONMember("paused", .bool(partition.isPaused)),
                JSONMember("blocked", partition.blocked.map(Self.blocked) ?? .null),
            ])
        }
    }

    private static func blocked(_ blocked: NodeDetails.Blocked) -> JSONValue {
        .object([
            JSONMember("offset", .integer(blocked.offset)), JSONMember("state", .string(blocked.state)),
            JSONMember("slot", integer(blocked.slot)),
        ])
    }

    private func keptBack(_ heard: [ObservedNode]) -> [JSONValue] {
        var nodes: [NodeDetails.KeptBack: [String]] = [:]
        for node in heard { for one in Set(node.details.keptBack) { nodes[one, default: []].append(node.name) } }
        let sorted = nodes.sorted { ($0.key.strategy, $0.key.how) < ($1.key.strategy, $1.key.how) }
        return sorted.prefix(Self.most).map { one, nodes in
            .object([
                JSONMember("strategy", .string(one.strategy)), JSONMember("how", .string(one.how)),
                JSONMember("on", .integer(nodes.count)), JSONMember("nodes", Self.names(nodes, most: Self.namedNodes)),
            ])
        }
    }

    private func brokers(_ heard: [ObservedNode]) -> [JSONValue] {
        var seen: [String: [(node: String, broker: NodeDetails.Broker)]] = [:]
        for node in heard {
            for broker in node.details.brokers { seen[broker.address, default: []].append((node.name, broker)) }
        }
        return seen.sorted { $0.key.isNaturally(before: $1.key) }.prefix(Self.most).map { address, views in
            let down = views.filter { $0.broker.state == "down" }.map(\.node)
            return .object([
                JSONMember("broker", .string(address)),
                JSONMember("up", .integer(views.count { $0.broker.state == "up" })),
                JSONMember("down", .integer(down.count)),
                JSONMember("round_trip_ms", Self.number(views.compactMap(\.broker.roundTripMs).max())),
                JSONMember("down_for", Self.names(down, most: Self.namedNodes)),
            ])
        }
    }

    private func strategy(_ strategy: Fleet.StrategyFigures) -> JSONValue {
        .object([
            JSONMember("name", .string(strategy.name)), JSONMember("nodes", .integer(strategy.nodes)),
            JSONMember("per_second", Self.number(strategy.perSecond)),
            JSONMember("p50_ms", Self.number(strategy.p50)), JSONMember("p95_ms", Self.number(strategy.p95)),
        ])
    }

    /// Each once, as a person counts.
    private static func names(_ names: [String], most: Int = .max) -> JSONValue {
        .array(Set(names).sorted { $0.isNaturally(before: $1) }.prefix(most).map { .string($0) })
    }

    private static func integer(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }

    /// What is no finite number is not known: the topic is anybody's, and JSON has none.
    private static func number(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite, abs(value) < 1e12 else { return .null }
        return .number((value * 1000).rounded() / 1000)
    }
}
