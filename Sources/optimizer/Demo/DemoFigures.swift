import Messages
import Scheduling

/// What the demo knows of its run: from the results, and from the nodes' metrics events.
struct DemoFigures {
    struct Evaluation {
        let fast: Int
        let slow: Int
        let sharpeRatio: Double
        let returnPercent: Double?
        let drawdownPercent: Double?
        let trades: Int?
    }

    static let bestCount = 5

    private(set) var completed = 0
    /// Results beyond the first for one request: a rebalance can run a request again.
    private(set) var repeated = 0
    /// Why the demo cannot end well: the first result that is not `completed`.
    private(set) var failure: String?
    private(set) var best: [Evaluation] = []
    private(set) var resultsByNode: [String: Int] = [:]
    private(set) var nodes: [String: ObservedNode] = [:]
    private(set) var depthHistory: [Int] = []
    private var hasResult: [Bool]
    private var stepTimes: [Double] = []

    init(requests: Int) {
        hasResult = Array(repeating: false, count: requests)
    }

    var sortedNodes: [ObservedNode] { nodes.values.sorted { $0.name < $1.name } }
    /// In the nodes' queues when they last said so.
    var queued: Int { nodes.values.reduce(0) { $0 + $1.queueDepth } }
    var running: Int { nodes.values.reduce(0) { $0 + $1.running } }

    /// Where the requests without a result are. Results come at once and events every so often, so what the nodes said
    /// is cut to what can still be true.
    func underWay(submitted: Int) -> (running: Int, queued: Int, inKafka: Int) {
        let open = max(0, submitted - completed)
        let running = min(running, open)
        let queued = min(queued, open - running)
        return (running, queued, open - running - queued)
    }

    var pausedNow: Int { nodes.values.reduce(0) { $0 + $1.pausedPartitions.count } }
    var pauses: Int { nodes.values.reduce(0) { $0 + $1.pauses } }
    var partitionsPaused: Int { nodes.values.reduce(0) { $0 + $1.partitionsPaused } }
    var partitionsResumed: Int { nodes.values.reduce(0) { $0 + $1.partitionsResumed } }
    var largestQueueDepth: Int { nodes.values.reduce(0) { max($0, $1.largestQueueDepth) } }

    /// The step times below which so many parts of all lie, in milliseconds; nil where there is none yet.
    func stepLatency(_ parts: [Double]) -> [Double?] {
        guard !stepTimes.isEmpty else { return parts.map { _ in nil } }
        let sorted = stepTimes.sorted()
        return parts.map { sorted[min(sorted.count - 1, Int(Double(sorted.count) * $0))] }
    }

    /// The number of the first request that has no result; nil when all have.
    func firstMissing(below submitted: Int) -> Int? { hasResult[..<submitted].firstIndex(of: false) }

    mutating func take(result: JSONValue, of workload: DemoWorkload) {
        guard let id = result["request_id"]?.string, let index = workload.index(of: id) else {
            failure =
                failure ?? "a result came for a request that was never submitted: \(result["request_id"] ?? .null)"
            return
        }
        guard !hasResult[index] else {
            repeated += 1
            return
        }
        hasResult[index] = true
        let status = result["status"]?.string ?? "without a status"
        guard status == ResultStatus.completed.rawValue else {
            let message = result["error"]?["message"]?.string ?? "no message"
            failure = failure ?? "\(id) is \(status): \(message)"
            return
        }
        completed += 1
        resultsByNode[result["node"]?.string ?? "unknown", default: 0] += 1
        if let time = result["timing"]?["step_ms"]?.double { stepTimes.append(time) }
        rank(result["statistics"], workload.periods(index))
    }

    private mutating func rank(_ statistics: JSONValue?, _ periods: DemoWorkload.Periods) {
        // A run without a trade has no Sharpe ratio: it never ranks.
        guard let sharpe = statistics?["sharpe_ratio"]?.double else { return }
        guard best.count < Self.bestCount || sharpe > (best.last?.sharpeRatio ?? -.infinity) else { return }
        guard !best.contains(where: { $0.fast == periods.fast && $0.slow == periods.slow }) else { return }
        best.append(
            Evaluation(
                fast: periods.fast, slow: periods.slow, sharpeRatio: sharpe,
                returnPercent: statistics?["return_pct"]?.double,
                drawdownPercent: statistics?["max_drawdown_pct"]?.double,
                trades: statistics?["trade_count"]?.integer))
        best.sort { $0.sharpeRatio > $1.sharpeRatio }
        if best.count > Self.bestCount { best.removeLast() }
    }

    mutating func take(event: JSONValue, at now: MonotonicTime) {
        guard let name = event["node"]?.string else { return }
        nodes[name, default: ObservedNode(name, at: now)].take(event, at: now)
    }

    /// Notes the depth of the queues for the drawing; called at each redraw.
    mutating func noteDepth(keep: Int) {
        depthHistory.append(queued)
        if depthHistory.count > keep { depthHistory.removeFirst() }
    }
}
