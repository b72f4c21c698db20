/// When the canary sends its next request, and to which partition: one after the other, over and over.
struct CanarySchedule {
    /// One request that is to be sent.
    struct Beat: Equatable {
        let partition: Int32
        /// When it should have been sent. Its latency counts from then, so that what keeps the canary itself waiting is in it.
        let due: ContinuousClock.Instant
    }

    private let every: Duration
    private let partitions: [Int32]
    private(set) var next: ContinuousClock.Instant
    private var turn = 0

    init(every: Duration, partitions: [Int32], from start: ContinuousClock.Instant) {
        self.every = every
        self.partitions = partitions
        next = start
    }

    /// The request whose time has come; nil where none has. Those that were missed while nobody asked are one, the
    /// earliest: a burst afterwards would tell nothing more.
    mutating func take(at now: ContinuousClock.Instant) -> Beat? {
        guard now >= next, !partitions.isEmpty else { return nil }
        let beat = Beat(partition: partitions[turn], due: next)
        turn = (turn + 1) % partitions.count
        next += every * (Int((now - next) / every) + 1)
        return beat
    }
}
