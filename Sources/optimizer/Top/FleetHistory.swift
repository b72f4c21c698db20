import Scheduling

/// The last minutes of a fleet: what its nodes come to, at even times.
struct FleetHistory {
    struct Sample: Equatable {
        var perSecond: Double
        /// The highest of the nodes'.
        var p95: Double?
        var queueDepth: Int
        /// nil where no node knows its own.
        var lag: Int?
    }

    static let intervalMs = 5000
    static let capacity = 180
    static let lengthMs = intervalMs * capacity

    /// Oldest first.
    private(set) var samples: [Sample] = []
    private var next: MonotonicTime?

    /// Takes the samples that are due until then. Events that are read again later come with their own times, so that
    /// the past looks as it did.
    mutating func advance(to time: MonotonicTime, _ fleet: Fleet) {
        // Before the first node there is no past.
        guard next != nil || !fleet.isEmpty else { return }
        var due = next ?? time
        // Nothing older would be kept.
        due = max(due, time.adding(milliseconds: -Self.lengthMs))
        while due <= time {
            let totals = fleet.totals(at: due)
            samples.append(
                Sample(
                    perSecond: totals.perSecond, p95: totals.p95, queueDepth: totals.queueDepth, lag: totals.lag))
            due = due.adding(milliseconds: Self.intervalMs)
        }
        samples.removeFirst(max(0, samples.count - Self.capacity))
        next = due
    }
}
