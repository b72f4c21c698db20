import Hosting
import Kafka
import Messages
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
        let lag: Int64
    }

    private let settings: NodeSettings
    private let state: NodeState
    private let consumer: KafkaConsumer
    private let events: MetricsPublisher
    private let metrics: NodeMetrics
    private let health: NodeHealth
    private let log: Log
    private let wake: WakeDescriptor
    private let isStopped = Atomic(false)
    private let lags = Mutex<[PartitionLag]>([])

    init(
        settings: NodeSettings, state: NodeState, consumer: KafkaConsumer, events: MetricsPublisher,
        metrics: NodeMetrics, health: NodeHealth, log: Log
    ) throws(NodeFailure) {
        self.settings = settings
        self.state = state
        self.consumer = consumer
        self.events = events
        self.metrics = metrics
        self.health = health
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

    /// The thread's body.
    func run() {
        var interval = IntervalReport(metrics: metrics)
        var next = MonotonicTime.now().adding(milliseconds: settings.metricsIntervalMs)
        while !isStopped.load(ordering: .acquiring) {
            let now = MonotonicTime.now()
            events.drain()
            let manager = state.snapshot
            metrics.update(from: manager, at: now)
            if now >= next {
                next = now.adding(milliseconds: settings.metricsIntervalMs)
                askForLag()
                events.publish(.interval, interval.details(manager, health, partitionLags, at: now))
            }
            _ = wake.wait(until: min(next, now.adding(milliseconds: 1000)))
        }
        events.drain()
    }

    /// Committed against end, by queries: what the client remembers of the end stands still while it is paused.
    private func askForLag() {
        let partitions = health.partitions.sorted()
        guard !partitions.isEmpty else { return lags.withLock { $0 = [] } }
        do {
            let committed = try consumer.committed(partitions, timeoutMs: 2000)
            var found: [PartitionLag] = []
            for entry in committed {
                let marks = try consumer.watermarks(entry.partition, timeoutMs: 2000)
                let lag = max(0, marks.high - max(entry.nextOffset ?? marks.low, marks.low))
                found.append(
                    PartitionLag(partition: entry.partition, committed: entry.nextOffset, end: marks.high, lag: lag))
                metrics.lag(partition: entry.partition, records: lag)
            }
            lags.withLock { $0 = found }
        } catch {
            log.debug("the lag could not be asked for", JSONMember("error", .string(error.description)))
        }
        // A partition given up meanwhile must not come back as a series.
        for partition in Set(partitions).subtracting(health.partitions) { metrics.forget(partition: partition) }
    }
}
