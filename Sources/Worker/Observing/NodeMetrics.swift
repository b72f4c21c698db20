import Configuration
import Kafka
import Messages
import Metrics
import Scheduling

/// The node's instruments, by what happens. Everything may be called on any thread.
final class NodeMetrics: Sendable {
    let registry: MetricRegistry
    /// By the number of the status.
    private let requests: [PerStrategy<Counter>]
    private let stepLatency: PerStrategy<Histogram>
    private let queueWait: Histogram
    private let requestLatency: Histogram
    private let stepCPU: PerStrategy<Counter>
    private let cpuPercent: PerStrategy<Gauge>
    private let memory: PerStrategy<Gauge>
    private let throttled: PerStrategy<Counter>
    private let deadLetters: Counter
    private let retries: Counter
    /// By the number of the status.
    private let failedAttempts: [PerStrategy<Counter>]
    private let unknownFields: Counter
    private let discardedBytes: Counter
    private let commits: Counter
    private let commitFailures: Counter
    private let busy: Counter
    private let strategySlots: PerStrategy<Gauge>
    private let strategySuspended: PerStrategy<Gauge>
    private let strategyStartFailures: PerStrategy<Gauge>
    /// What the steps of each strategy waited for a processor.
    let delays: StrategyDelays
    private let interference: PerStrategy<Gauge>
    private let topic: String

    init(registry: MetricRegistry, topic: String) {
        self.registry = registry
        self.topic = topic
        requests = ResultStatus.allCases.map { registry.perStrategy(.requests, $0.rawValue) }
        stepLatency = registry.perStrategy(.stepLatency)
        queueWait = registry.histogram(.queueWait)
        requestLatency = registry.histogram(.requestLatency)
        stepCPU = registry.perStrategy(.stepCPUSeconds)
        cpuPercent = registry.perStrategy(.resourceUsage, "cpu_percent")
        memory = registry.perStrategy(.resourceUsage, "memory_mb")
        throttled = registry.perStrategy(.throttledSeconds)
        deadLetters = registry.counter(.deadLetters)
        retries = registry.counter(.retries)
        failedAttempts = ResultStatus.allCases.map { registry.perStrategy(.failedAttempts, $0.rawValue) }
        unknownFields = registry.counter(.unknownFields)
        discardedBytes = registry.counter(.kafkaRefetchedBytes)
        commits = registry.counter(.commits)
        commitFailures = registry.counter(.commitFailures)
        busy = registry.counter(.slotBusySeconds)
        delays = StrategyDelays(count: registry.strategies.count)
        interference = registry.perStrategy(.interference)
        strategySlots = registry.perStrategy(.strategySlots)
        strategySuspended = registry.perStrategy(.strategySuspended)
        strategyStartFailures = registry.perStrategy(.strategyStartFailures)
    }

    // MARK: Steps

    func ended(_ step: Step, _ run: StepRun) {
        // That of a later run has the runs before it in it.
        if step.attempt == 1 {
            queueWait.record(nanoseconds: UInt64(clamping: run.started.nanoseconds(since: step.arrivedAt)))
        }
        let duration = UInt64(clamping: run.ended.nanoseconds(since: run.started))
        // A step that never began has no latency.
        guard duration > 0 else { return }
        stepLatency[step.strategyIndex].record(nanoseconds: duration)
        busy.add(nanoseconds: duration)
        guard let usage = run.usage else { return }
        stepCPU[step.strategyIndex].add(nanoseconds: UInt64(max(0, usage.cpuMs) * 1e6))
        cpuPercent[step.strategyIndex].set(usage.cpuMs / Double(duration) * 1e8)
        memory[step.strategyIndex].set(usage.maxRSSMB)
        if let throttledMs = usage.throttledMs, throttledMs > 0 {
            throttled[step.strategyIndex].add(nanoseconds: UInt64(throttledMs * 1e6))
        }
    }

    /// A step was ended for exceeding a limit.
    func breached(_ step: Step, _ resource: String) {
        registry.perStrategy(.limitBreaches, resource)[step.strategyIndex].increment()
    }

    /// The request is done: its result, and its dead letter if it has one, are acknowledged.
    func done(_ status: ResultStatus, strategyIndex: Int, nanoseconds: Int64) {
        requests[status.number][strategyIndex].increment()
        requestLatency.record(nanoseconds: UInt64(clamping: nanoseconds))
    }

    func strategyName(_ index: Int) -> String {
        registry.strategies.indices.contains(index) ? registry.strategies[index] : MetricCatalogue.unknownStrategy
    }
    func strategySlots(_ index: Int, _ slots: Int) { strategySlots[index].set(slots) }
    func strategyStartFailures(_ index: Int, _ count: Int) { strategyStartFailures[index].set(count) }
    func strategySuspended(_ index: Int, _ isSuspended: Bool) { strategySuspended[index].set(isSuspended) }
    /// Ends an interval of waiting for processors: a strategy that ran in it shows what it came to, others keep theirs.
    func updateInterference() {
        for (gauge, ratio) in zip(interference.all, delays.takeRatios()) { if let ratio { gauge.set(ratio) } }
    }

    func noteDeadlock() { registry.counter(.deadlocks).increment() }
    func noteStall() { registry.counter(.stalls).increment() }
    func noteRetry() { retries.increment() }
    func failed(_ step: Step, _ status: ResultStatus) { failedAttempts[status.number][step.strategyIndex].increment() }
    func noteRetryBudgetSpent(_ step: Step) {
        registry.perStrategy(.retryBudgetSpent)[step.strategyIndex].increment()
    }
    func noteDeadLetter() { deadLetters.increment() }
    func noteUnknownFields(_ count: Int) { unknownFields.increment(by: count) }
    func hostLost(reason: String) { registry.counter(.hostRestarts, reason).increment() }

    /// Requests whose result is acknowledged.
    var doneCount: Double { requestsByStatus.reduce(0) { $0 + $1.count } }

    /// Requests that have their result acknowledged, by how it came out.
    var requestsByStatus: [(status: ResultStatus, count: Double)] {
        ResultStatus.allCases.map { status in
            (status, requests[status.number].all.reduce(0) { $0 + $1.value })
        }
    }

    /// Step latency of each strategy, by its index.
    var latencyByStrategy: [HistogramSnapshot] { stepLatency.all.map { $0.snapshot() } }

    /// The counters an operator asks for first.
    var totals: JSONValue {
        func count(_ metric: CounterMetric) -> JSONValue {
            .integer(Int(registry.total(metric)))
        }
        return .object([
            JSONMember(
                "requests", .object(requestsByStatus.map { JSONMember($0.status.rawValue, .integer(Int($0.count))) })),
            JSONMember("retries", count(.retries)), JSONMember("dead_letters", count(.deadLetters)),
            JSONMember("deadlocks", count(.deadlocks)), JSONMember("stalls", count(.stalls)),
            JSONMember("host_restarts", count(.hostRestarts)), JSONMember("pauses", count(.pauses)),
            JSONMember("rebalances", count(.rebalances)), JSONMember("commit_failures", count(.commitFailures)),
            JSONMember("metrics_events_dropped", count(.metricsEventsDropped)),
        ])
    }

    /// Step latency of all strategies together.
    var latency: HistogramSnapshot {
        stepLatency.all.reduce(into: .empty) { $0.add($1.snapshot()) }
    }

    // MARK: Kafka

    func paused(partitions: Int, discardedBytes bytes: Int) {
        registry.gauge(.partitionsPaused).set(partitions)
        discardedBytes.increment(by: bytes)
    }

    /// What pauses have kept, for the node to take.
    func kept(bytes: Int) { registry.gauge(.kafkaKeptBytes).set(bytes) }

    func resumed(partitions: Int) { registry.gauge(.partitionsPaused).set(partitions) }

    func assigned(_ count: Int, paused: Int) {
        registry.gauge(.partitionsAssigned).set(count)
        registry.gauge(.partitionsPaused).set(paused)
    }

    func metadataFull(partitions: Int) { registry.gauge(.partitionsMetadataFull).set(partitions) }
    func noteMetadataFull() { registry.counter(.metadataFull).increment() }
    func rebalanced(_ kind: String) { registry.counter(.rebalances, kind).increment() }
    func noteCommit() { commits.increment() }
    func transaction(_ end: TransactionEnd) { registry.counter(.transactions, end.rawValue).increment() }
    func noteCommitFailure() { commitFailures.increment() }
    func noteOffsetReset() { registry.counter(.offsetResets).increment() }
    func noteSkipped(_ count: Int) { registry.counter(.skippedRecords).increment(by: count) }
    func noteKafkaError(client: String) { registry.counter(.kafkaErrors, client).increment() }

    func notePublishFailure(_ part: MessagePart) {
        registry.counter(.publishFailures, part == .deadLetter ? "dead_letters" : "results").increment()
    }

    func lag(_ lag: PartitionLag, seconds: Double?, blockedSeconds: Double) {
        let partition = String(lag.partition)
        registry.gauge(.consumerLag, topic, partition).set(Double(lag.records))
        if let seconds { registry.gauge(.consumerLagSeconds, topic, partition).set(seconds) }
        registry.gauge(.blockedOffsetAge, topic, partition).set(blockedSeconds)
    }

    /// The series of a partition that was given up disappear.
    func forget(partition: Int32) {
        for metric in [GaugeMetric.consumerLag, .consumerLagSeconds, .blockedOffsetAge] {
            registry.remove(metric) { $0.last == String(partition) }
        }
    }

    func lagAge(seconds: Double) { registry.gauge(.lagAge).set(seconds) }

    /// - Parameter partitions: nil where it is not known: then there is no series.
    func unread(partitions: Int?) {
        guard let partitions else { return registry.remove(.unreadPartitions) { _ in true } }
        registry.gauge(.unreadPartitions).set(partitions)
    }

    func brokers(_ brokers: [BrokerTable.Broker]) {
        registry.gauge(.brokersDown).set(brokers.count { $0.state == .down })
        registry.remove(.brokerUp) { values in !brokers.contains { $0.address == values.first } }
        for broker in brokers { registry.gauge(.brokerUp, broker.address).set(broker.state != .down) }
    }

    /// - Parameter expiry: in seconds since 1970; nil where it is not known: then there is no series.
    func certificate(file: String, expiry: Int64?) {
        guard let expiry else { return registry.remove(.certificateExpiry) { $0 == [file] } }
        registry.set(.certificateExpiry, file, to: Double(expiry))
    }

    func credential(file: String, isChanged: Bool) { registry.gauge(.credentialFileChanged, file).set(isChanged) }

    // MARK: The node

    func heartbeat(_ member: Heartbeats.Member, seconds: Double) {
        registry.gauge(.heartbeatAge, member.rawValue).set(seconds)
    }

    func oldestUnacknowledged(seconds: Double) { registry.gauge(.oldestUnacknowledged).set(seconds) }
    func draining() { registry.gauge(.draining).set(1) }
    func ready(_ isReady: Bool) { registry.gauge(.ready).set(isReady) }
    func fenced() { registry.gauge(.fenced).set(1) }
    func oldestRequest(seconds: Double) { registry.gauge(.oldestRequestAge).set(seconds) }

    /// Brings up to date what is read from the dispatcher rather than counted.
    func update(from dispatcher: Dispatcher, at now: MonotonicTime) {
        registry.gauge(.running).set(dispatcher.runningCount)
        registry.gauge(.queueDepth).set(dispatcher.depth)
        registry.gauge(.inFlight).set(dispatcher.inFlight.count)
        registry.gauge(.inFlightBytes).set(dispatcher.inFlight.bytes)
        registry.gauge(.unacknowledged).set(dispatcher.unacknowledgedCount)
        registry.gauge(.delayed).set(dispatcher.delayedCount)
        let waiting = dispatcher.waiting
        for reason in WaitReason.allCases { registry.gauge(.waiting, reason.rawValue).set(waiting[reason] ?? 0) }
        registry.gauge(.holding).set(!dispatcher.backpressure.isFlowing)
        registry.counter(.pauses).mirror(total: UInt64(dispatcher.backpressure.pauses))
        registry.counter(.holds).mirror(total: UInt64(dispatcher.backpressure.holds))
        let held = dispatcher.backpressure.heldSeconds(at: now)
        registry.counter(.holdSeconds).mirror(total: UInt64(held * 1e9))
        registry.counter(.pauseSeconds).mirror(total: UInt64(dispatcher.backpressure.pausedSeconds(at: now) * 1e9))
    }
}
