import Messages
import Scheduling

/// What the table of nodes is sorted by.
enum FleetOrder: Character, CaseIterable {
    case name = "n"
    case throughput = "t"
    case lag = "l"
    case latency = "p"
    case queue = "d"

    var title: String {
        switch self {
        case .name: "name"
        case .throughput: "throughput"
        case .lag: "lag"
        case .latency: "P95"
        case .queue: "queue depth"
        }
    }
}

/// All nodes, as their metrics events show them.
struct Fleet {
    /// One strategy over all nodes.
    struct StrategyFigures: Equatable {
        var name: String
        var nodes = 0
        var perSecond = 0.0
        /// The highest of the nodes': quantiles of nodes do not add up to one of all.
        var p50: Double?
        var p95: Double?
    }

    struct Totals: Equatable {
        var running = 0
        var slots = 0
        var queueDepth = 0
        var pausedPartitions = 0
        var partitions = 0
        var perSecond = 0.0
        /// nil where no node knows its own.
        var lag: Int?
        /// The highest of the nodes': quantiles of nodes do not add up to one of all.
        var p95: Double?
    }

    /// A node that has stopped, or has long been silent, is no longer shown after so long.
    private static let forgetMs = 60_000
    /// Room for a further node is looked for once in so long: each look goes over all nodes.
    private static let roomMs = 1000

    private var nodes: [String: ObservedNode] = [:]
    private var strategyNames: Set<String> = []
    /// Who else writes to the metrics topic must not fill the memory with names.
    static let mostStrategyNames = 500
    static let mostNodes = 1000
    private var nextLookForRoom: MonotonicTime?
    /// Events of nodes that there was no room for.
    private(set) var leftOut = 0
    /// When the first interval event there is was sent.
    private(set) var firstHeardAt: MonotonicTime?

    var isEmpty: Bool { nodes.isEmpty }
    var longestIntervalMs: Int { nodes.values.map(\.intervalMs).max() ?? 0 }

    /// Takes in one event; what is none is left out.
    mutating func take(_ event: JSONValue, at heardAt: MonotonicTime) {
        guard let name = event["node"]?.string, event["event"]?.string != nil else { return }
        guard hasRoom(for: name, at: heardAt) else {
            leftOut += 1
            return
        }
        nodes[name, default: ObservedNode(name, at: heardAt)].take(event, at: heardAt)
        guard let node = nodes[name], node.hasFigures else { return }
        for strategy in node.strategies where strategyNames.count < Self.mostStrategyNames {
            strategyNames.insert(strategy.name)
        }
        firstHeardAt = min(firstHeardAt ?? heardAt, heardAt)
    }

    private mutating func hasRoom(for name: String, at now: MonotonicTime) -> Bool {
        guard nodes[name] == nil else { return true }
        if nodes.count >= Self.mostNodes, nextLookForRoom.map({ now >= $0 }) ?? true {
            nextLookForRoom = now.adding(milliseconds: Self.roomMs)
            forgetGone(at: now)
        }
        return nodes.count < Self.mostNodes && name.utf8.count <= ObservedNode.longestName
    }

    /// Leaves out those that stopped, or fell silent, long ago.
    mutating func forgetGone(at now: MonotonicTime) {
        nodes = nodes.filter { _, node in
            guard node.phase == .stopped || node.isStale(at: now) else { return true }
            return now < node.heardAt.adding(milliseconds: 3 * node.intervalMs + Self.forgetMs)
        }
    }

    /// The nodes; those with most first, names from A.
    func sorted(by order: FleetOrder, isReversed: Bool = false) -> [ObservedNode] {
        let sorted = nodes.values.sorted { left, right in
            switch order {
            case .name: break
            case .throughput where left.requestsPerSecond != right.requestsPerSecond:
                return left.requestsPerSecond > right.requestsPerSecond
            case .lag where left.lag != right.lag: return (left.lag ?? -1) > (right.lag ?? -1)
            case .latency where left.p95 != right.p95: return (left.p95 ?? -1) > (right.p95 ?? -1)
            case .queue where left.queueDepth != right.queueDepth: return left.queueDepth > right.queueDepth
            default: break
            }
            return left.name.isNaturally(before: right.name)
        }
        return isReversed ? sorted.reversed() : sorted
    }

    /// Over the nodes that are heard of.
    func totals(at now: MonotonicTime) -> Totals {
        var totals = Totals()
        for node in nodes.values where !node.isStale(at: now) {
            totals.running += node.running
            totals.slots += node.phase == .stopped ? 0 : node.slots
            totals.queueDepth += node.queueDepth
            totals.pausedPartitions += node.pausedPartitions.count
            totals.partitions += node.partitions.count
            totals.perSecond += node.requestsPerSecond
            totals.p95 = [totals.p95, node.phase == .stopped ? nil : node.p95].compactMap(\.self).max()
            if let lag = node.lag { totals.lag = (totals.lag ?? 0) + lag }
        }
        return totals
    }

    /// Every strategy that has run since the start, by name, with what the nodes' last intervals say of it.
    func strategies(at now: MonotonicTime) -> [StrategyFigures] {
        var figures: [String: StrategyFigures] = [:]
        for name in strategyNames { figures[name] = StrategyFigures(name: name) }
        for node in nodes.values where !node.isStale(at: now) && node.phase != .stopped {
            for strategy in node.strategies {
                figures[strategy.name, default: StrategyFigures(name: strategy.name)].add(strategy, node.intervalMs)
            }
        }
        return figures.values.sorted { $0.name.isNaturally(before: $1.name) }
    }
}

extension Fleet.StrategyFigures {
    fileprivate mutating func add(_ other: ObservedNode.StrategyFigures, _ intervalMs: Int) {
        nodes += 1
        perSecond += Double(other.count) * 1000 / Double(max(1, intervalMs))
        p50 = [p50, other.p50].compactMap(\.self).max()
        p95 = [p95, other.p95].compactMap(\.self).max()
    }
}
