/// When to stop taking from Kafka, when to pause its partitions, and when to go on.
///
/// Two stages, because librdkafka throws its prefetch away on a pause: a full queue *holds* at once, and only a hold
/// that lasts becomes a *pause*. A pause also waits while pauses have lately thrown away more than the refetch
/// budget; the hold keeps the bound all the same.
package struct BackpressureController: Sendable {
    package enum State: Equatable, Sendable {
        case flowing
        case holding(since: MonotonicTime)
        case paused(since: MonotonicTime)
    }

    package enum Action: Equatable, Sendable {
        case none
        /// Pause every assigned partition.
        case pause
        /// Resume exactly what was paused, and take again.
        case resume
    }

    package struct Settings: Sendable {
        package var queueDepth: Int
        package var resumeDepth: Int
        /// How long a hold lasts before it becomes a pause; 0 = at once.
        package var pauseAfterMs: Int
        package var maxInFlight: Int
        /// Of the records in flight together.
        package var maxInFlightBytes: Int
        /// What pauses may make the node fetch again, in bytes a second.
        package var refetchBytesPerSecond: Int

        package init(
            queueDepth: Int = 100, resumeDepth: Int = 50, pauseAfterMs: Int = 100, maxInFlight: Int = 10_000,
            maxInFlightBytes: Int = 32 << 20, refetchBytesPerSecond: Int = 4 << 20
        ) {
            self.queueDepth = queueDepth
            self.resumeDepth = resumeDepth
            self.pauseAfterMs = pauseAfterMs
            self.maxInFlight = maxInFlight
            self.maxInFlightBytes = maxInFlightBytes
            self.refetchBytesPerSecond = refetchBytesPerSecond
        }
    }

    package let settings: Settings
    package private(set) var state: State = .flowing
    package private(set) var holds = 0
    package private(set) var pauses = 0
    private var heldNanoseconds: Int64 = 0
    private var pausedNanoseconds: Int64 = 0
    /// When the present pause began, or the last one.
    private var pausedAt = MonotonicTime(nanoseconds: 0)
    private var refetchDebt: RefetchDebt

    package init(_ settings: Settings) {
        self.settings = settings
        refetchDebt = RefetchDebt(bytesPerSecond: settings.refetchBytesPerSecond)
    }

    /// Whether requests may be taken now.
    package var isFlowing: Bool { state == .flowing }

    package var isPaused: Bool {
        if case .paused = state { true } else { false }
    }

    /// How long the present hold has lasted; nil without one.
    package func holdingMs(at now: MonotonicTime) -> Double? {
        switch state {
        case .flowing: nil
        case .holding(let since), .paused(let since): now.milliseconds(since: since)
        }
    }

    /// How long the node has held or paused so far, in seconds.
    package func heldSeconds(at now: MonotonicTime) -> Double {
        let current: Int64
        switch state {
        case .flowing: current = 0
        case .holding(let since), .paused(let since): current = now.nanoseconds - since.nanoseconds
        }
        return Double(heldNanoseconds + current) / 1e9
    }

    /// How long the partitions have been paused so far, in seconds: the part of holds that were pauses.
    package func pausedSeconds(at now: MonotonicTime) -> Double {
        let current = isPaused ? now.nanoseconds - pausedAt.nanoseconds : 0
        return Double(pausedNanoseconds + current) / 1e9
    }

    /// When to ask again without anything having changed: the moment a hold becomes a pause.
    package func nextDeadline(at now: MonotonicTime) -> MonotonicTime? {
        guard case .holding(let since) = state else { return nil }
        return max(since.adding(milliseconds: settings.pauseAfterMs), refetchDebt.paidOff(at: now))
    }

    /// Takes in what is true now, and says what to do about it.
    /// - Parameter isOutputFull: results wait for room in the producer's queue; more requests would be more of them.
    package mutating func update(
        depth: Int, inFlight: InFlightLoad, isOutputFull: Bool = false, at now: MonotonicTime
    ) -> Action {
        switch state {
        case .flowing:
            let isFull =
                depth >= settings.queueDepth || inFlight.count >= settings.maxInFlight
                || inFlight.bytes >= settings.maxInFlightBytes
            guard isFull || isOutputFull else { return .none }
            state = .holding(since: now)
            holds += 1
            return pauseIfDue(since: now, now)
        case .holding(let since):
            guard isOutputFull || !mayFlow(depth, inFlight) else { return flow(since: since, now, .none) }
            return pauseIfDue(since: since, now)
        case .paused(let since):
            return !isOutputFull && mayFlow(depth, inFlight) ? flow(since: since, now, .resume) : .none
        }
    }

    /// Tells what a pause has thrown away, as far as it can be known.
    package mutating func discarded(bytes: Int, at now: MonotonicTime) {
        refetchDebt.add(bytes: bytes, at: now)
    }

    private func mayFlow(_ depth: Int, _ inFlight: InFlightLoad) -> Bool {
        // In flight has a margin of its own: resuming at one below the bound would hold again at the next request.
        depth <= settings.resumeDepth && inFlight.count <= settings.maxInFlight - settings.maxInFlight / 4
            && inFlight.bytes <= settings.maxInFlightBytes - settings.maxInFlightBytes / 4
    }

    private mutating func pauseIfDue(since: MonotonicTime, _ now: MonotonicTime) -> Action {
        guard now >= since.adding(milliseconds: settings.pauseAfterMs), now >= refetchDebt.paidOff(at: now) else {
            return .none
        }
        state = .paused(since: since)
        pausedAt = now
        pauses += 1
        return .pause
    }

    private mutating func flow(since: MonotonicTime, _ now: MonotonicTime, _ action: Action) -> Action {
        heldNanoseconds += now.nanoseconds - since.nanoseconds
        if isPaused { pausedNanoseconds += now.nanoseconds - pausedAt.nanoseconds }
        state = .flowing
        return action
    }
}

/// Bytes thrown away by pauses, paid off at the budget's rate; while some is owed, no new pause.
private struct RefetchDebt: Sendable {
    let bytesPerSecond: Int
    private var until = MonotonicTime(nanoseconds: .min)

    init(bytesPerSecond: Int) { self.bytesPerSecond = bytesPerSecond }

    func paidOff(at now: MonotonicTime) -> MonotonicTime { max(until, now) }

    mutating func add(bytes: Int, at now: MonotonicTime) {
        let cost = Double(bytes) / Double(bytesPerSecond) * 1e9
        until = MonotonicTime(nanoseconds: max(until, now).nanoseconds + Int64(cost))
    }
}
