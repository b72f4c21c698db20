import Messages
import Metrics
import Scheduling

/// What a metrics event says of the interval it ends.
struct IntervalReport {
    private let metrics: NodeMetrics
    private let strategies: [String]
    private let intervalMs: Int
    /// By strategy.
    private var lastLatency: [HistogramSnapshot]
    private var lastDone: Double
    private var lastTime: MonotonicTime?

    /// - Parameter intervalMs: how often a report is made: who hears of the node by it knows when to miss the next.
    init(metrics: NodeMetrics, intervalMs: Int) {
        self.metrics = metrics
        self.intervalMs = intervalMs
        strategies = metrics.registry.strategies
        lastLatency = metrics.latencyByStrategy
        lastDone = metrics.doneCount
    }

    mutating func details(
        _ dispatcher: Dispatcher, _ partitions: [PartitionBoard.Report], _ lags: [PartitionLag],
        at now: MonotonicTime
    ) -> [JSONMember] {
        let latency = metrics.latencyByStrategy
        let recent = zip(latency, lastLatency).map { $0.since($1) }
        let byStatus = metrics.requestsByStatus
        let done = byStatus.reduce(0) { $0 + $1.count }
        let seconds = lastTime.map { now.milliseconds(since: $0) / 1000 } ?? 0
        let rate = seconds > 0 ? (done - lastDone) / seconds : 0
        (lastLatency, lastDone, lastTime) = (latency, done, now)
        return [
            JSONMember("interval_ms", .integer(intervalMs)),
            JSONMember("slots", .integer(dispatcher.slots.count)),
            JSONMember("running", .integer(dispatcher.runningCount)),
            JSONMember("queue_depth", .integer(dispatcher.depth)),
            JSONMember("in_flight", .integer(dispatcher.inFlight.count)),
            JSONMember("holding", .bool(!dispatcher.backpressure.isFlowing)),
            JSONMember("paused", .bool(dispatcher.backpressure.isPaused)),
            JSONMember("pauses", .integer(dispatcher.backpressure.pauses)),
            JSONMember("holds", .integer(dispatcher.backpressure.holds)),
            JSONMember("partitions", .integers(partitions.map(\.partition))),
            JSONMember("requests", .object(byStatus.map { JSONMember($0.status.rawValue, .integer(Int($0.count))) })),
            JSONMember("requests_per_second", .number((rate * 10).rounded() / 10)),
            JSONMember("latency_ms", Self.quantiles(recent.reduce(into: .empty) { $0.add($1) })),
            JSONMember("strategies", byStrategy(recent)),
            JSONMember("lag", lags.isEmpty ? .null : .integer(Int(lags.reduce(0) { $0 + $1.records }))),
            JSONMember("blocked", .array(partitions.compactMap { Self.blocked($0, dispatcher) })),
        ]
    }

    /// What holds a partition's committed offset back, and how it stands with that.
    private static func blocked(_ report: PartitionBoard.Report, _ dispatcher: Dispatcher) -> JSONValue? {
        guard let request = report.blockedBy else { return nil }
        let place = dispatcher.place(of: request.token)
        return .object([
            JSONMember("partition", .integer(Int(report.partition))),
            JSONMember("offset", .integer(Int(request.origin.offset))), JSONMember("state", .string(place.name)),
            JSONMember("slot", place.slot.map { .integer($0) } ?? .null),
        ])
    }

    /// The strategies that ran since the last report.
    private func byStrategy(_ recent: [HistogramSnapshot]) -> JSONValue {
        .array(
            zip(strategies, recent).filter { $0.1.count > 0 }.map { name, latency in
                .object([
                    JSONMember("name", .string(name)), JSONMember("count", .integer(Int(latency.count))),
                    JSONMember("latency_ms", Self.quantiles(latency)),
                ])
            })
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
