import Configuration
import Hosting
import Kafka
import Messages
import Metrics
import Scheduling
import Synchronization

/// The monitor thread: asks the broker for the lag, keeps the gauges, and publishes the interval's metrics event.
/// What it does may block for a moment; nothing waits for it.
final class Monitor: Sendable {
    /// The lag of one partition.
    struct PartitionLag: Sendable {
        let partition: Int32
        let committed: Int64?
        let end: Int64
        /// Records from the committed offset to the end.
        let records: Int64
        /// Age of the oldest record that is not done, by its stamp. Where that record has not been fetched yet, that
        /// of the last one that was, which is the older; nil where neither is known.
        let seconds: Double?
    }

    /// Data sets come by import, which is seldom.
    private static let dataIntervalMs = 60_000

    private let settings: NodeSettings
    private let state: NodeState
    private let consumer: KafkaConsumer
    private let events: MetricsPublisher
    private let metrics: NodeMetrics
    private let health: NodeHealth
    private let board: PartitionBoard
    private let statistics: KafkaStatistics
    private let log: Log
    private let windows: Mutex<[LatencyWindow]>
    let hosts = HostUsageBoard()
    let history = History()
    private let wake: WakeDescriptor
    private let isStopped = Atomic(false)
    private let lags = Mutex<[PartitionLag]>([])

    init(
        settings: NodeSettings, state: NodeState, consumer: KafkaConsumer, events: MetricsPublisher,
        metrics: NodeMetrics, health: NodeHealth, board: PartitionBoard, statistics: KafkaStatistics, log: Log
    ) throws(NodeFailure) {
        self.settings = settings
        self.state = state
        self.consumer = consumer
        self.events = events
        self.metrics = metrics
        self.health = health
        self.board = board
        self.statistics = statistics
        windows = Mutex(metrics.registry.strategies.map { _ in LatencyWindow(steps: 20) })
        self.log = log
        do {
            wake = try WakeDescriptor()
        } catch {
            throw NodeFailure(error.description, code: ExitCode.software)
        }
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        wake.signal()
    }

    /// What the last look at the broker gave.
    var partitionLags: [PartitionLag] { lags.withLock { $0 } }

    /// Step latency of the last minutes: each strategy's, by its index.
    func recentLatency(at now: MonotonicTime) -> [HistogramSnapshot] {
        let current = metrics.latencyByStrategy
        let seconds = Double(now.nanoseconds) / 1e9
        return windows.withLock { windows in
            zip(windows.indices, current).map { windows[$0].recent($1, at: seconds) }
        }
    }

    /// The thread's body.
    func run() {
        var interval = IntervalReport(metrics: metrics, intervalMs: settings.metricsIntervalMs)
        let start = MonotonicTime.now()
        var next = start.adding(milliseconds: settings.metricsIntervalMs)
        var nextSample = start
        var nextData = start.adding(milliseconds: Self.dataIntervalMs)
        var finished = 0.0
        var watchdog = Watchdog(
            state: state, events: events, metrics: metrics, log: log, settings: settings.stallWatch)
        var interference = InterferenceReport(
            state: state, events: events, metrics: metrics, log: log, settings: settings.interference, at: start)
        while !isStopped.load(ordering: .acquiring) {
            let now = MonotonicTime.now()
            events.drain()
            statistics.update()
            let manager = state.snapshot
            if now >= nextSample {
                // What was missed while a broker kept it waiting is not made up: the history is of seconds that were.
                nextSample = max(nextSample, now.adding(milliseconds: -History.intervalMs))
                    .adding(milliseconds: History.intervalMs)
                sample(manager, &finished, now)
                watchdog.look(manager, at: now)
                observe(now)
            }
            if now >= next {
                next = now.adding(milliseconds: settings.metricsIntervalMs)
                askForLag(now)
                interference.look(at: now)
                events.publish(.interval, interval.details(manager, board.all, partitionLags, at: now))
            }
            if now >= nextData {
                nextData = now.adding(milliseconds: Self.dataIntervalMs)
                metrics.showData(in: settings.configuration.data.root)
            }
            _ = wake.wait(until: min(next, nextSample))
        }
        events.drain()
    }

    /// Looks for what lets steps begin that wait for memory, or for their strategy to be let off.
    private func observe(_ now: MonotonicTime) {
        let othersMB = MemoryInUse.others(than: state.hostPIDs.compactMap(\.self))
        let time = Timestamp.now()
        let (woken, changes) = state.decide { ($0.observe(othersMB: othersMB, at: now, time), $0.takeChanges()) }
        state.wake(slots: woken)
        PolicyReporter(events: events, metrics: metrics, log: log).changed(changes)
    }

    /// What is looked at every second.
    private func sample(_ manager: ConcurrencyManager, _ finished: inout Double, _ now: MonotonicTime) {
        metrics.update(from: manager, at: now)
        metrics.ready(health.unreadyReason == nil)
        let reports = board.all
        let oldest = reports.compactMap { $0.blockedBy.map { now.milliseconds(since: $0.arrivedAt) } }.max() ?? 0
        metrics.oldestRequest(seconds: oldest / 1000)
        _ = recentLatency(at: now)
        hosts.sample(state.hostPIDs.compactMap(\.self), at: now)
        let total = metrics.requestsByStatus.reduce(0) { $0 + $1.count }
        history.add(
            StatusHistory.Sample(
                queueDepth: manager.depth, running: manager.runningCount,
                pausedPartitions: reports.count(where: \.isPaused), finished: Int(total - finished)))
        finished = total
    }

    /// Committed against end, by queries: what the client remembers of the end stands still while it is paused.
    private func askForLag(_ now: MonotonicTime) {
        let partitions = health.partitions.sorted()
        guard !partitions.isEmpty else { return lags.withLock { $0 = [] } }
        do {
            let marks = events.watermarks(
                topic: settings.topics.requests, partitions: partitions, patienceMs: 4000)
            let found = try consumer.committed(partitions, timeoutMs: 2000).compactMap { entry in
                marks[entry.partition].map { lag(entry, $0) }
            }
            for lag in found {
                let blocked = board[lag.partition]?.blockedBy.map { now.milliseconds(since: $0.arrivedAt) / 1000 }
                metrics.lag(lag, blockedSeconds: blocked ?? 0)
            }
            lags.withLock { $0 = found }
        } catch {
            log.debug("the lag could not be asked for", JSONMember("error", .string("\(error)")))
        }
        // A partition given up meanwhile must not come back as a series.
        for partition in Set(partitions).subtracting(health.partitions) { metrics.forget(partition: partition) }
    }

    private func lag(_ entry: CommittedOffset, _ marks: Watermarks) -> PartitionLag {
        let records = max(0, marks.high - max(entry.nextOffset ?? marks.low, marks.low))
        let report = board[entry.partition]
        let oldest = records == 0 ? nil : report?.blockedBy?.recordTime ?? report?.lastTaken
        let age = oldest.map { max(0, Double(Timestamp.now().milliseconds(since: $0)) / 1000) }
        return PartitionLag(
            partition: entry.partition, committed: entry.nextOffset, end: marks.high, records: records,
            seconds: records == 0 ? 0 : age)
    }
}
