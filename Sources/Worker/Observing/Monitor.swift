import Configuration
import Kafka
import Messages
import Metrics
import Scheduling
import Synchronization
import System

/// The monitor thread: keeps the gauges and the history, watches over the pool, and publishes the interval's metrics
/// event. Nothing in it waits for a broker or a disk.
final class Monitor: Sendable {
    private let settings: NodeSettings
    private let state: NodeState
    private let events: MetricsPublisher
    private let metrics: NodeMetrics
    private let readiness: Readiness
    private let board: PartitionBoard
    private let lagWatch: LagWatch
    private let gauges: LiveGauges
    private let heartbeats: Heartbeats
    private let statistics: KafkaStatistics
    private let group: GroupReport
    private let log: Log
    private let windows: Mutex<[LatencyWindow]>
    let hosts = HostUsageBoard()
    let history = History()
    private let end: ThreadEnd

    init(
        settings: NodeSettings, state: NodeState, events: MetricsPublisher, gauges: LiveGauges,
        strategies: StrategyList, statistics: KafkaStatistics, log: Log
    ) throws(NodeFailure) {
        self.settings = settings
        self.state = state
        self.events = events
        self.gauges = gauges
        metrics = gauges.metrics
        readiness = gauges.readiness
        board = gauges.board
        lagWatch = gauges.lagWatch
        heartbeats = gauges.heartbeats
        self.statistics = statistics
        group = GroupReport(group: settings.configuration.kafka.groupId, gauges: gauges, strategies: strategies)
        windows = Mutex(metrics.registry.strategies.map { _ in LatencyWindow(steps: 20) })
        self.log = log
        do {
            end = try ThreadEnd()
        } catch {
            throw NodeFailure(error.description, code: ExitCode.software)
        }
    }

    func stop() { end.ask() }

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
        var finished = metrics.doneCount
        var lastSample = start
        var watchdog = Watchdog(
            state: state, events: events, metrics: metrics, log: log, settings: settings.stallWatch)
        var interference = InterferenceReport(
            state: state, events: events, metrics: metrics, log: log, settings: settings.interference, at: start)
        while end.mayGoOn {
            let now = MonotonicTime.now()
            heartbeats.beat(.monitor, at: now)
            events.drain()
            statistics.update(at: now)
            let dispatcher = state.snapshot
            if now >= nextSample {
                // What was missed while the machine kept it waiting is not made up: the history is of seconds that were.
                nextSample = max(nextSample, now.adding(milliseconds: -History.intervalMs))
                    .adding(milliseconds: History.intervalMs)
                sample(dispatcher, &finished, &lastSample, now)
                watchdog.look(dispatcher, at: now)
                observe(now)
            }
            if now >= next {
                next = now.adding(milliseconds: settings.metricsIntervalMs)
                interference.look(at: now)
                let partitions = board.all
                events.publish(
                    .interval,
                    interval.details(dispatcher, partitions, lagWatch.lags, at: now)
                        + group.details(dispatcher, partitions, at: now))
            }
            end.sleep(until: min(next, nextSample))
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
    private func sample(
        _ dispatcher: Dispatcher, _ finished: inout Double, _ last: inout MonotonicTime, _ now: MonotonicTime
    ) {
        gauges.update(at: now)
        _ = recentLatency(at: now)
        hosts.sample(state.hostPIDs.compactMap(\.self), at: now)
        let total = metrics.doneCount
        history.add(
            StatusHistory.Sample(
                queueDepth: dispatcher.depth, running: dispatcher.runningCount,
                pausedPartitions: board.all.count(where: \.isPaused),
                finished: History.perInterval(total - finished, elapsedMs: now.milliseconds(since: last))))
        (finished, last) = (total, now)
    }
}
