import Messages
import Metrics
import Scheduling

/// What a metrics event says beside the interval's figures, for who looks at the whole group: what runs, how each
/// partition and each broker stands, which strategies are kept back.
struct GroupReport {
    let group: String
    let gauges: LiveGauges
    let strategies: StrategyList

    func details(
        _ dispatcher: Dispatcher, _ partitions: [PartitionBoard.Report], at now: MonotonicTime
    ) -> [JSONMember] {
        [
            JSONMember("group", .string(group)),
            JSONMember("version", .string(ProductVersion.text)),
            JSONMember("ready", .bool(gauges.readiness.unreadyReason(at: now) == nil)),
            JSONMember("running_strategies", .array(running(dispatcher))),
            JSONMember("kept_back", .array(keptBack(dispatcher, at: now))),
            JSONMember("partition_lags", .array(partitions.map(lag))),
            JSONMember("unread_partitions", gauges.lagWatch.unreadPartitions.map { .integer($0) } ?? .null),
            JSONMember("brokers", .array(gauges.brokers.brokers.map(broker))),
        ]
    }

    /// How many slots run a step of each strategy; most first.
    private func running(_ dispatcher: Dispatcher) -> [JSONValue] {
        var slots: [String: Int] = [:]
        for index in dispatcher.slots.indices {
            guard let flight = dispatcher.slots.flight(of: index) else { continue }
            slots[flight.step.request.strategy, default: 0] += 1
        }
        return slots.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, count in
            .object([JSONMember("name", .string(name)), JSONMember("slots", .integer(count))])
        }
    }

    private func keptBack(_ dispatcher: Dispatcher, at now: MonotonicTime) -> [JSONValue] {
        let admission = dispatcher.admission
        func all(_ names: [String], _ how: String) -> [JSONValue] {
            names.map { .object([JSONMember("strategy", .string($0)), JSONMember("how", .string(how))]) }
        }
        func named(_ indices: [Int]) -> [String] { indices.map(gauges.metrics.strategyName) }
        return all(strategies.disabledNames, "disabled")
            + all(named(admission.circuitBreaker.suspended(at: now).map(\.strategy)), "suspended")
            + all(named(admission.starts.failing(at: now).map(\.strategy)), "not_starting")
            + all(named(admission.throttle.shares.map(\.strategy)), "throttled")
    }

    private func lag(_ report: PartitionBoard.Report) -> JSONValue {
        let lag = gauges.lagWatch[report.partition]
        let seconds = lag.flatMap { report.lagSeconds($0) }
        return .object([
            JSONMember("partition", .integer(Int(report.partition))),
            JSONMember("lag", lag.map { .integer(Int($0.records)) } ?? .null),
            JSONMember("lag_seconds", seconds.map { .number(Self.rounded($0)) } ?? .null),
            JSONMember("paused", .bool(report.isPaused)),
        ])
    }

    private func broker(_ broker: BrokerTable.Broker) -> JSONValue {
        .object([
            JSONMember("broker", .string(broker.address)),
            JSONMember("state", .string(broker.state.rawValue)),
            JSONMember("round_trip_ms", broker.roundTripMs.map { .number(Self.rounded($0)) } ?? .null),
        ])
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
