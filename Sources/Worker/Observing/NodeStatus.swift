import Configuration
import Glibc
import Hosting
import Kafka
import Messages
import Metrics
import Scheduling
import System

/// The `/status` document of a node; its members are described in the Metrics documentation.
struct NodeStatus: Sendable {
    let settings: NodeSettings
    let gauges: LiveGauges
    let strategies: StrategyList
    /// nil while the node waits for its cluster.
    let monitor: @Sendable () -> Monitor?
    let errors: RecentErrors
    let startedAt: Timestamp
    let isolation: IsolationReport

    private var state: NodeState { gauges.state }
    private var metrics: NodeMetrics { gauges.metrics }
    private var board: PartitionBoard { gauges.board }

    func encoded() -> [UInt8] {
        let now = MonotonicTime.now()
        let monitor = monitor()
        let dispatcher = state.snapshot
        let reason = gauges.readiness.unreadyReason(at: now)
        let members = [
            JSONMember("schema_version", .integer(1)),
            JSONMember("time", .string(Timestamp.now().rfc3339)),
            JSONMember("node", node),
            JSONMember("state", .string(gauges.health.stateName)),
            JSONMember("ready", .bool(reason == nil)),
            JSONMember("reason", reason.map { .string($0) } ?? .null),
            JSONMember("stale", .array(ConditionStatus(gauges: gauges).stale(at: now).map { .string($0) })),
            JSONMember("queue", queue(dispatcher, now)),
            JSONMember("slots", .array(slots(dispatcher, monitor, now))),
            JSONMember("policies", policies(dispatcher, now)),
            JSONMember("disabled_strategies", .array(strategies.disabledNames.map { .string($0) })),
            JSONMember("partitions", .array(board.all.map { partition($0, dispatcher, now) })),
            JSONMember("unread_partitions", gauges.lagWatch.unreadPartitions.map { .integer($0) } ?? .null),
            JSONMember("brokers", .array(ConditionStatus(gauges: gauges).brokers(at: now))),
            JSONMember("threads", .array(ConditionStatus(gauges: gauges).threads(at: now))),
            JSONMember(
                "latency",
                LatencyStatus(settings: settings, metrics: metrics).json(monitor?.recentLatency(at: now) ?? [])),
            JSONMember("totals", metrics.totals),
            JSONMember("limits", limits),
            JSONMember("errors", .array(errors.newest.map(error))),
            JSONMember("history", (monitor?.history ?? History()).json),
        ]
        return Array(JSONValue.object(members).text.utf8)
    }

    private var node: JSONValue {
        let uptime = Timestamp.now().milliseconds - startedAt.milliseconds
        return .object([
            JSONMember("id", .string(settings.nodeID)), JSONMember("version", .string(ProductVersion.text)),
            JSONMember("librdkafka", .string(KafkaLibrary.version)), JSONMember("pid", .integer(Int(getpid()))),
            JSONMember("group", .string(settings.configuration.kafka.groupId)),
            JSONMember("started_at", .string(startedAt.rfc3339)),
            JSONMember("uptime_seconds", .number(Double(uptime) / 1000)),
            JSONMember("last_end", settings.lastEnd?.shown ?? .null),
        ])
    }

    private func queue(_ dispatcher: Dispatcher, _ now: MonotonicTime) -> JSONValue {
        let oldest = board.all.compactMap { $0.blockedBy.map { now.milliseconds(since: $0.arrivedAt) } }.max()
        let unacknowledgedMs = board.oldestUnacknowledgedMs(at: now)
        return .object([
            JSONMember("depth", .integer(dispatcher.depth)),
            JSONMember("bound", .integer(settings.backpressure.queueDepth)),
            JSONMember("resume_at", .integer(settings.backpressure.resumeDepth)),
            JSONMember("holding", .bool(!dispatcher.backpressure.isFlowing)),
            JSONMember("holding_ms", dispatcher.backpressure.holdingMs(at: now).map { .integer(Int($0)) } ?? .null),
            JSONMember("in_flight", .integer(dispatcher.inFlight.count)),
            JSONMember("in_flight_bound", .integer(settings.backpressure.maxInFlight)),
            JSONMember("unacknowledged", .integer(dispatcher.unacknowledgedCount)),
            JSONMember("delayed", .integer(dispatcher.delayedCount)),
            JSONMember(
                "oldest_unacknowledged_ms",
                unacknowledgedMs > 0 ? .integer(Int(unacknowledgedMs)) : .null),
            JSONMember("oldest_ms", oldest.map { .integer(Int($0)) } ?? .null),
            JSONMember("waiting", .waiting(dispatcher.waiting)),
        ])
    }

    private func slots(
        _ dispatcher: Dispatcher, _ monitor: Monitor?, _ now: MonotonicTime
    ) -> [JSONValue] {
        let hosts = state.hostPIDs
        return dispatcher.slots.indices.map { index in
            let running = dispatcher.slots.flight(of: index)
            let usage = hosts[index].flatMap { monitor?.hosts[$0] }
            return .object([
                JSONMember("slot", .integer(index)), JSONMember("state", .string(dispatcher.slots[index].name)),
                JSONMember("host_pid", hosts[index].map { .integer(Int($0)) } ?? .null),
                JSONMember("strategy", running.map { .string($0.step.request.strategy) } ?? .null),
                JSONMember("request_id", running.map { .string($0.step.request.requestID) } ?? .null),
                JSONMember("running_ms", running.map { .number(rounded(now.milliseconds(since: $0.since))) } ?? .null),
                JSONMember("timeout_ms", running.map { .integer($0.step.limits.timeoutMs) } ?? .null),
                JSONMember("cpu_percent", usage.map { .number(rounded($0.cpuPercent)) } ?? .null),
                JSONMember("memory_mb", usage.map { .number(rounded($0.memoryMB)) } ?? .null),
            ])
        }
    }

    /// Strategies that the throttle or the circuit breaker keeps back, or whose hosts do not start.
    private func policies(_ dispatcher: Dispatcher, _ now: MonotonicTime) -> JSONValue {
        let throttled = dispatcher.admission.throttle.shares.map { strategy, slots in
            JSONValue.object([
                JSONMember("strategy", .string(metrics.strategyName(strategy))), JSONMember("slots", .integer(slots)),
                JSONMember("of", .integer(dispatcher.slots.count)),
            ])
        }
        let suspended = dispatcher.admission.circuitBreaker.suspended(at: now).map { strategy, retryMs in
            JSONValue.object([
                JSONMember("strategy", .string(metrics.strategyName(strategy))),
                JSONMember("retry_ms", .integer(retryMs)),
            ])
        }
        let failing = dispatcher.admission.starts.failing(at: now).map { failing in
            JSONValue.object([
                JSONMember("strategy", .string(metrics.strategyName(failing.strategy))),
                JSONMember("failures", .integer(failing.failures)), JSONMember("retry_ms", .integer(failing.retryMs)),
                JSONMember("reason", .string(String(failing.reason.prefix(500)))),
            ])
        }
        return .object([
            JSONMember("throttled", .array(throttled)), JSONMember("suspended", .array(suspended)),
            JSONMember("not_starting", .array(failing)),
        ])
    }

    private func partition(
        _ report: PartitionBoard.Report, _ dispatcher: Dispatcher, _ now: MonotonicTime
    ) -> JSONValue {
        let lag = gauges.lagWatch[report.partition]
        let lagSeconds = lag.flatMap { report.lagSeconds($0) }
        return .object([
            JSONMember("topic", .string(settings.topics.requests)),
            JSONMember("partition", .integer(Int(report.partition))),
            JSONMember("committed", lag?.committed.map { .integer(Int($0)) } ?? .null),
            JSONMember("end", lag.map { .integer(Int($0.end)) } ?? .null),
            JSONMember("lag", lag.map { .integer(Int($0.records)) } ?? .null),
            JSONMember("lag_seconds", lagSeconds.map { .number(rounded($0)) } ?? .null),
            JSONMember("lag_as_of", lag.map { .time($0.askedAt, now) } ?? .null),
            JSONMember("paused", .bool(report.isPaused)),
            JSONMember("in_flight", .integer(report.inFlight)),
            JSONMember("blocked_by", report.blockedBy.map { blocked($0, dispatcher, now) } ?? .null),
        ])
    }

    /// What holds a partition's committed offset back, and how it stands with that.
    private func blocked(
        _ request: InFlightRequest, _ dispatcher: Dispatcher, _ now: MonotonicTime
    ) -> JSONValue {
        let place = dispatcher.place(of: request.token)
        return .object([
            JSONMember("offset", .integer(Int(request.origin.offset))),
            JSONMember("request_id", .string(request.requestID)),
            JSONMember("strategy", request.strategy.map { .string($0) } ?? .null),
            JSONMember("state", .string(place.name)),
            JSONMember("slot", place.slot.map { .integer($0) } ?? .null),
            JSONMember("age_ms", .number(rounded(now.milliseconds(since: request.arrivedAt)))),
        ])
    }

    private var limits: JSONValue {
        .object([
            JSONMember("cpu_percent", .integer(settings.ceilings.cpuPercent)),
            JSONMember("memory_mb", .integer(settings.ceilings.memoryMB)),
            JSONMember("timeout_ms", .integer(settings.ceilings.timeoutMs)),
            JSONMember("execution_time_ms", .integer(settings.latencyTargetMs)),
            JSONMember("enforcement", isolation.json),
        ])
    }

    private func error(_ entry: RecentErrors.Entry) -> JSONValue {
        .object([
            JSONMember("time", .string(entry.time.rfc3339)),
            JSONMember("first_time", .string(entry.firstTime.rfc3339)), JSONMember("count", .integer(entry.count)),
            JSONMember("kind", .string(entry.kind)),
            JSONMember("message", .string(entry.message)),
            JSONMember("strategy", entry.strategy.map { .string($0) } ?? .null),
            JSONMember("request_id", entry.requestID.map { .string($0) } ?? .null),
        ])
    }

    private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

extension SlotState {
    fileprivate var name: String {
        switch self {
        case .starting: "starting"
        case .idle: "idle"
        case .running: "running"
        case .stopped: "stopped"
        }
    }
}

extension Dispatcher.Place {
    var name: String {
        switch self {
        case .queued: "queued"
        case .waiting: "waiting"
        case .delayed: "delayed"
        case .running: "running"
        case .publishing: "publishing"
        }
    }

    var slot: Int? {
        if case .running(let slot) = self { slot } else { nil }
    }
}
