/// When to stop taking from Kafka, when its partitions may be paused, and when to go on.
///
/// Two stages: a full queue *holds* at once, and a hold that lasts lets partitions be *paused*. Which of them, and when
/// each is resumed, depends on what lies prefetched of it: `NodeCore` decides that (`NodeCore+Prefetch`), and says here
/// whether any is paused.
package struct BackpressureController: Sendable {
    package enum State: Equatable, Sendable {
        case flowing
        case holding(since: MonotonicTime)
    }

    /// What the partitions may do.
    package enum Fetching: Equatable, Sendable {
        /// Nothing is taken for the moment; what is fetched goes on.
        case goesOn
        /// The hold has lasted.
        case mayPause
        /// It is taken from.
        case mayResume
    }

    package struct Settings: Sendable {
        package var queueDepth: Int
        package var resumeDepth: Int
        /// How long a hold lasts before partitions are paused; 0 = at once.
        package var pauseAfterMs: Int
        package var maxInFlight: Int
        /// Of the records in flight together.
        package var maxInFlightBytes: Int

        package init(
            queueDepth: Int = 100, resumeDepth: Int = 50, pauseAfterMs: Int = 100, maxInFlight: Int = 10_000,
            maxInFlightBytes: Int = 32 << 20
        ) {
            self.queueDepth = queueDepth
            self.resumeDepth = resumeDepth
            self.pauseAfterMs = pauseAfterMs
            self.maxInFlight = maxInFlight
            self.maxInFlightBytes = maxInFlightBytes
        }
    }

    package let settings: Settings
    package private(set) var state: State = .flowing
    package private(set) var holds = 0
    package private(set) var pauses = 0
    private var heldNanoseconds: Int64 = 0
    private var pausedNanoseconds: Int64 = 0
    /// Since when partitions are paused.
    private var pausedSince: MonotonicTime?

    package init(_ settings: Settings) { self.settings = settings }

    /// Whether requests may be taken now.
    package var isFlowing: Bool { state == .flowing }

    /// Whether any partition is paused. Meanwhile the node may take what it has kept of it.
    package var isPaused: Bool { pausedSince != nil }

    /// How long the present hold has lasted; nil without one.
    package func holdingMs(at now: MonotonicTime) -> Double? {
        switch state {
        case .flowing: nil
        case .holding(let since): now.milliseconds(since: since)
        }
    }

    /// How long the node has held or paused so far, in seconds.
    package func heldSeconds(at now: MonotonicTime) -> Double {
        let current: Int64
        switch state {
        case .flowing: current = 0
        case .holding(let since): current = now.nanoseconds - since.nanoseconds
        }
        return Double(heldNanoseconds + current) / 1e9
    }

    /// How long any partition has been paused so far, in seconds.
    package func pausedSeconds(at now: MonotonicTime) -> Double {
        let current = pausedSince.map { now.nanoseconds - $0.nanoseconds } ?? 0
        return Double(pausedNanoseconds + current) / 1e9
    }

    /// When the present hold has lasted; nil without one.
    package var pauseDue: MonotonicTime? {
        guard case .holding(let since) = state else { return nil }
        return since.adding(milliseconds: settings.pauseAfterMs)
    }

    /// Takes in what is true now, and says what may be done about it.
    /// - Parameters:
    ///   - waiting: how many of the queued could not begin even with a slot. They do not keep the node from taking what
    ///     can; what they may fill of the queue is bounded elsewhere (`Dispatcher.waitingBound`).
    ///   - isOutputFull: results wait for room in the producer's queue; more requests would be more of them.
    package mutating func update(
        depth: Int, waiting: Int = 0, inFlight: InFlightLoad, isOutputFull: Bool = false, at now: MonotonicTime
    ) -> Fetching {
        switch state {
        case .flowing:
            let isFull =
                depth >= settings.queueDepth || inFlight.count >= settings.maxInFlight
                || inFlight.bytes >= settings.maxInFlightBytes
            guard isFull || isOutputFull else { return .mayResume }
            state = .holding(since: now)
            holds += 1
        case .holding(let since):
            guard isOutputFull || !mayFlow(depth, waiting, inFlight) else {
                heldNanoseconds += now.nanoseconds - since.nanoseconds
                state = .flowing
                return .mayResume
            }
        }
        return pauseDue.map { now >= $0 } ?? false ? .mayPause : .goesOn
    }

    /// Partitions have been paused now, in one call of the client.
    package mutating func notePause() { pauses += 1 }

    /// Tells whether any partition is paused now.
    package mutating func notePaused(_ isPaused: Bool, at now: MonotonicTime) {
        guard isPaused != self.isPaused else { return }
        if let pausedSince { pausedNanoseconds += now.nanoseconds - pausedSince.nanoseconds }
        pausedSince = isPaused ? now : nil
    }

    /// Whether the queue is down to where the node takes again.
    func isDown(_ depth: Int, waiting: Int) -> Bool {
        depth <= min(max(settings.resumeDepth, waiting), settings.queueDepth - 1)
    }

    private func mayFlow(_ depth: Int, _ waiting: Int, _ inFlight: InFlightLoad) -> Bool {
        // In flight has a margin of its own: resuming at one below the bound would hold again at the next request.
        isDown(depth, waiting: waiting) && inFlight.count <= settings.maxInFlight - settings.maxInFlight / 4
            && inFlight.bytes <= settings.maxInFlightBytes - settings.maxInFlightBytes / 4
    }
}
