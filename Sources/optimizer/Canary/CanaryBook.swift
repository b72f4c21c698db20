import Metrics

/// What the canary has sent and has no answer to, and since when each partition owes one. No clock: time is an argument.
///
/// Bounded: what is older than the timeout is forgotten, and a result that comes later is nobody's.
struct CanaryBook: Sendable {
    /// What became of one request.
    struct End: Equatable {
        let partition: Int32
        let outcome: CanaryOutcome
        /// From when it should have been sent.
        let latency: Duration
    }

    private struct Open {
        let beat: CanarySchedule.Beat
        /// A broker has acknowledged it.
        var isStored = false
    }

    private let timeout: Duration
    private var open: [UInt64: Open] = [:]
    /// When the first request after the last completed one was due; nil: the last one is completed, or there was none.
    private var lateSince: [Int32: ContinuousClock.Instant?] = [:]
    private var lastSuccess: ContinuousClock.Instant

    init(timeout: Duration, start: ContinuousClock.Instant) {
        self.timeout = timeout
        lastSuccess = start
    }

    var openCount: Int { open.count }

    /// A request is on its way.
    mutating func sent(_ number: UInt64, _ beat: CanarySchedule.Beat) {
        open[number] = Open(beat: beat)
        if (lateSince[beat.partition] ?? nil) == nil { lateSince[beat.partition] = .some(beat.due) }
    }

    /// A broker has acknowledged it.
    mutating func stored(_ number: UInt64) { open[number]?.isStored = true }

    /// No broker will.
    mutating func refused(_ number: UInt64, at now: ContinuousClock.Instant) -> End? {
        close(number, .notSent, at: now)
    }

    /// A result is there.
    /// - Parameter status: `expired` is none in time.
    mutating func answered(_ number: UInt64, status: String, at now: ContinuousClock.Instant) -> End? {
        switch status {
        case "completed": close(number, .completed, at: now)
        case "expired": close(number, .lost, at: now)
        default: close(number, .failed, at: now)
        }
    }

    /// Those that have waited for the whole timeout, oldest first.
    mutating func expire(at now: ContinuousClock.Instant) -> [End] {
        let old = open.filter { now - $0.value.beat.due >= timeout }.sorted { $0.key < $1.key }
        return old.compactMap { close($0.key, $0.value.isStored ? .lost : .notSent, at: now) }
    }

    private mutating func close(_ number: UInt64, _ outcome: CanaryOutcome, at now: ContinuousClock.Instant) -> End? {
        guard let beat = open.removeValue(forKey: number)?.beat else { return nil }
        if outcome == .completed {
            lastSuccess = now
            // What was due before it is made good by it, what was due later is still owed.
            let later = open.values.lazy.map(\.beat).filter { $0.partition == beat.partition && $0.due > beat.due }
            lateSince[beat.partition] = .some(later.map(\.due).min())
        }
        return End(partition: beat.partition, outcome: outcome, latency: now - beat.due)
    }

    func ages(at now: ContinuousClock.Instant) -> CanaryMetrics.Ages {
        CanaryMetrics.Ages(
            sinceSuccess: now - lastSuccess,
            late: lateSince.sorted { $0.key < $1.key }.map { partition, since in
                (partition, since.map { max(.zero, now - $0) } ?? .zero)
            })
    }
}
