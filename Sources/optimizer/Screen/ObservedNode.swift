import Messages
import Scheduling

/// A node as its metrics events show it.
struct ObservedNode {
    enum Phase {
        case running, draining, stopped
    }

    /// What steps of one strategy did in the node's last interval.
    struct StrategyFigures {
        var name: String
        var count: Int
        var p50: Double?
        var p95: Double?
    }

    let name: String
    /// When its last event was read here.
    private(set) var heardAt: MonotonicTime
    private(set) var phase = Phase.running
    private(set) var intervalMs = 5000
    /// Whether an interval event has been read.
    private(set) var hasFigures = false
    private(set) var slots = 0
    private(set) var running = 0
    private(set) var queueDepth = 0
    private(set) var partitions: [Int] = []
    private(set) var pausedPartitions: Set<Int> = []
    /// Requests with a result, of whatever status, since the node started.
    private(set) var done = 0
    private(set) var requestsPerSecond = 0.0
    private(set) var p50: Double?
    private(set) var p95: Double?
    /// Records between what is committed and the end; nil where the node does not know.
    private(set) var lag: Int?
    private(set) var strategies: [StrategyFigures] = []
    private(set) var details = NodeDetails()
    /// `paused` and `resumed` events read, and the partitions they name.
    private(set) var pauses = 0
    private(set) var resumes = 0
    private(set) var partitionsPaused = 0
    private(set) var partitionsResumed = 0
    private(set) var largestQueueDepth = 0

    init(_ name: String, at now: MonotonicTime) {
        self.name = name
        heardAt = now
    }

    /// Whether it has been silent for three of its intervals.
    func isStale(at now: MonotonicTime) -> Bool {
        phase != .stopped && now > heardAt.adding(milliseconds: 3 * intervalMs)
    }

    /// In a word.
    func state(at now: MonotonicTime) -> String {
        if isStale(at: now) { return "stale" }
        switch phase {
        case .stopped: return "stopped"
        case .draining: return "draining"
        case .running:
            if details.isReady == false { return "not ready" }
            if !pausedPartitions.isEmpty { return "paused" }
            return partitions.isEmpty ? "idle" : "flowing"
        }
    }

    /// Takes in one of its events. Members that are missing leave what was known.
    mutating func take(_ event: JSONValue, at now: MonotonicTime) {
        // Partitions of the topic are not read in the order of time.
        heardAt = max(heardAt, now)
        switch event["event"]?.string.flatMap(MetricsEvent.Kind.init) {
        case .interval: takeInterval(event)
        case .started: phase = .running
        case .draining: phase = .draining
        case .stopped:
            phase = .stopped
            (running, queueDepth, requestsPerSecond, partitions, pausedPartitions) = (0, 0, 0, [], [])
            // Others have its partitions now, and count their lag.
            lag = nil
        case .paused:
            let named = Self.integers(event["partitions"])
            for partition in named where pausedPartitions.count < Self.mostPartitions {
                pausedPartitions.insert(partition)
            }
            pauses += 1
            partitionsPaused += named.count
            note(queueDepth: event["queue_depth"]?.figure)
        case .resumed:
            let named = Self.integers(event["partitions"])
            pausedPartitions.subtract(named)
            resumes += 1
            partitionsResumed += named.count
        case .rebalanced:
            partitions = Self.integers(event["assigned"])
            if event["kind"]?.string != "assigned" { pausedPartitions.subtract(Self.integers(event["partitions"])) }
        case .hostLost, .deadlock, .stall, .throttle, .circuit, .interference, .metadataFull, .offsetReset,
            .recordsSkipped, .undeliverable, nil:
            break
        }
    }

    private mutating func takeInterval(_ event: JSONValue) {
        hasFigures = true
        intervalMs = event["interval_ms"]?.integer.map { min(max($0, 1), Self.longestIntervalMs) } ?? intervalMs
        slots = event["slots"]?.figure ?? slots
        running = event["running"]?.figure ?? running
        note(queueDepth: event["queue_depth"]?.figure)
        partitions = event["partitions"].map(Self.integers) ?? partitions
        done = event["requests"]?.members?.reduce(0) { $0 + ($1.value.figure ?? 0) } ?? done
        requestsPerSecond = event["requests_per_second"]?.measure ?? 0
        p50 = event["latency_ms"]?["p50"]?.measure
        p95 = event["latency_ms"]?["p95"]?.measure
        lag = event["lag"]?.figure
        strategies = (event["strategies"]?.elements ?? []).prefix(Self.mostStrategies).compactMap(Self.strategy)
        details = NodeDetails(event)
        // Who came later has not seen the pause, and an event can be lost: the state of now mends both.
        switch event["paused"]?.bool {
        case true? where pausedPartitions.isEmpty: pausedPartitions = Set(partitions)
        case false?: pausedPartitions = []
        default: break
        }
    }

    private mutating func note(queueDepth depth: Int?) {
        guard let depth else { return }
        queueDepth = depth
        largestQueueDepth = max(largestQueueDepth, depth)
    }

    private static func strategy(_ value: JSONValue) -> StrategyFigures? {
        guard let name = value["name"]?.string, let count = value["count"]?.figure else { return nil }
        return StrategyFigures(
            name: name.cut(toBytes: Self.longestName), count: count, p50: value["latency_ms"]?["p50"]?.measure,
            p95: value["latency_ms"]?["p95"]?.measure
        )
    }

    /// As long as `metrics.intervalMs` may be.
    private static let longestIntervalMs = 3_600_000

    /// The topic is anybody's: what one node says of itself must not fill the memory.
    private static let mostStrategies = 200
    static let mostPartitions = 10_000
    static let longestName = 256

    private static func integers(_ value: JSONValue?) -> [Int] {
        (value?.elements ?? []).prefix(mostPartitions).compactMap { $0.integer }
    }
}
