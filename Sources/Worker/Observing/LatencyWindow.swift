import Metrics
import Scheduling
import Synchronization

/// Step latency of the last five minutes, from snapshots taken now and then. Any thread.
final class LatencyWindow: Sendable {
    static let seconds = 300
    private static let spacingMs = 15_000

    private struct Sample: Sendable {
        let time: MonotonicTime
        let strategies: [HistogramSnapshot]
    }

    private let metrics: NodeMetrics
    private let samples = Mutex<[Sample]>([])

    init(metrics: NodeMetrics) { self.metrics = metrics }

    /// Called about every second; takes a snapshot when the last is old enough.
    func sample(at now: MonotonicTime) {
        let isDue = samples.withLock { samples in
            samples.last.map { now.milliseconds(since: $0.time) >= Double(Self.spacingMs) } ?? true
        }
        guard isDue else { return }
        let sample = Sample(time: now, strategies: metrics.latencyByStrategy)
        samples.withLock { samples in
            samples.append(sample)
            // One sample older than the window stays: it is where the window begins.
            while samples.count > 1, now.milliseconds(since: samples[1].time) > Double(Self.seconds * 1000) {
                samples.removeFirst()
            }
        }
    }

    /// The distribution since the window began: each strategy's, by its index.
    func current() -> [HistogramSnapshot] {
        let now = metrics.latencyByStrategy
        guard let start = samples.withLock({ $0.first }) else { return now }
        return zip(now, start.strategies).map { $0.since($1) }
    }
}
