import Messages
import Metrics
import Scheduling

/// Looks once an interval who disturbs whom, and tells.
struct InterferenceReport {
    private let state: NodeState
    private let events: MetricsPublisher
    private let metrics: NodeMetrics
    private let log: Log
    private var watch: InterferenceWatch
    private var lastLatency: [HistogramSnapshot]
    private var lastTime: MonotonicTime

    init(
        state: NodeState, events: MetricsPublisher, metrics: NodeMetrics, log: Log,
        settings: InterferenceWatch.Settings, at now: MonotonicTime
    ) {
        self.state = state
        self.events = events
        self.metrics = metrics
        self.log = log
        watch = InterferenceWatch(settings)
        lastLatency = metrics.latencyByStrategy
        lastTime = now
    }

    /// Ends an interval.
    mutating func look(at now: MonotonicTime) {
        metrics.updateInterference()
        let latency = metrics.latencyByStrategy
        let elapsed = max(1, now.milliseconds(since: lastTime))
        let intervals = zip(latency, lastLatency).enumerated().map { index, pair in
            let recent = pair.0.since(pair.1)
            return InterferenceWatch.Interval(
                strategy: index, steps: Int(recent.count), p95Ms: recent.quantile(0.95),
                load: recent.sumMilliseconds / elapsed)
        }
        (lastLatency, lastTime) = (latency, now)
        for disturbance in watch.look(at: intervals) {
            tell(disturbance)
            state.decide { $0.noteDisturbance(by: disturbance.by, at: now) }
        }
    }

    private func tell(_ disturbance: InterferenceWatch.Disturbance) {
        func rounded(_ value: Double) -> JSONValue { .number((value * 100).rounded() / 100) }
        let details = [
            JSONMember("strategy", .string(metrics.strategyName(disturbance.of))),
            JSONMember("p95_ms", rounded(disturbance.p95Ms)),
            JSONMember("p95_before_ms", rounded(disturbance.p95BeforeMs)),
            JSONMember("disturbed_by", .string(metrics.strategyName(disturbance.by))),
            JSONMember("busy_slots", rounded(disturbance.load)),
            JSONMember("busy_slots_before", rounded(disturbance.loadBefore)),
        ]
        log.line(.warning, "one strategy's load makes another's steps slow", details)
        events.publish(.interference, details)
    }
}
