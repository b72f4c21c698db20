import Messages
import Metrics
import Scheduling

/// What a metrics event says of the interval it ends.
struct IntervalReport {
    private let metrics: NodeMetrics
    private var lastLatency: HistogramSnapshot
    private var lastDone: Double
    private var lastTime: MonotonicTime?

    init(metrics: NodeMetrics) {
        self.metrics = metrics
        lastLatency = metrics.latency
        lastDone = metrics.requestsByStatus.reduce(0) { $0 + $1.count }
    }

    mutating func details(
        _ manager: ConcurrencyManager, _ health: NodeHealth, _ lags: [Monitor.PartitionLag], at now: MonotonicTime
    ) -> [JSONMember] {
        let latency = metrics.latency
        let recent = latency.since(lastLatency)
        let byStatus = metrics.requestsByStatus
        let done = byStatus.reduce(0) { $0 + $1.count }
        let seconds = lastTime.map { now.milliseconds(since: $0) / 1000 } ?? 0
        let rate = seconds > 0 ? (done - lastDone) / seconds : 0
        (lastLatency, lastDone, lastTime) = (latency, done, now)
        return [
            JSONMember("slots", .integer(manager.slots.count)),
            JSONMember("running", .integer(manager.runningCount)),
            JSONMember("queue_depth", .integer(manager.depth)),
            JSONMember("in_flight", .integer(manager.inFlight)),
            JSONMember("holding", .bool(!manager.backpressure.isFlowing)),
            JSONMember("paused", .bool(manager.backpressure.isPaused)),
            JSONMember("pauses", .integer(manager.backpressure.pauses)),
            JSONMember("holds", .integer(manager.backpressure.holds)),
            JSONMember("partitions", .integers(health.partitions.sorted())),
            JSONMember("requests", .object(byStatus.map { JSONMember($0.status.rawValue, .integer(Int($0.count))) })),
            JSONMember("requests_per_second", .number((rate * 10).rounded() / 10)),
            JSONMember("latency_ms", Self.quantiles(recent)),
            JSONMember("lag", lags.isEmpty ? .null : .integer(Int(lags.reduce(0) { $0 + $1.records }))),
        ]
    }

    static func quantiles(_ latency: HistogramSnapshot) -> JSONValue {
        func quantile(_ part: Double) -> JSONValue {
            latency.quantile(part).map { .number(($0 * 1000).rounded() / 1000) } ?? .null
        }
        return .object([
            JSONMember("p50", quantile(0.5)), JSONMember("p95", quantile(0.95)), JSONMember("p99", quantile(0.99)),
        ])
    }
}
