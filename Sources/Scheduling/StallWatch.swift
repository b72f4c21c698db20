/// Looks, from time to time, whether a node that has work moves.
///
/// Nothing here is ever expected to be found: slots have deadlines, deadlocks are found when they close, a slot is
/// woken when there is work for it. This is what catches the case nobody thought of.
package struct StallWatch: Sendable {
    package struct Settings: Sendable {
        /// How long nothing may move while work is queued and slots are free; also how often a stall is told.
        package var stallMs = 5000
        /// How long past its deadline a step may still count as running: its host is being killed and buried.
        package var graceMs = 6000

        package init() {}
    }

    /// What it sees when something is wrong.
    package struct Finding: Sendable {
        package struct Overdue: Sendable {
            package let slot: Int
            package let step: Step
            /// Past its deadline.
            package let overdueMs: Double
        }

        package let depth: Int
        package let running: Int
        /// Queued steps that could not begin even with a slot, by what they wait for.
        package let waiting: [WaitReason: Int]
        /// Slots that could run something and do not.
        package let free: [Int]
        /// Steps that should have been killed at their deadline.
        package let overdue: [Overdue]
        /// How long no step has begun or ended.
        package let quietMs: Double
    }

    private let settings: Settings
    private var lastProgress = -1
    private var quietSince = MonotonicTime(nanoseconds: 0)
    private var lastFinding: MonotonicTime?

    package init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Looks at a node. Call it about once a second.
    package mutating func look(at dispatcher: Dispatcher, now: MonotonicTime) -> Finding? {
        if dispatcher.progress != lastProgress || dispatcher.hasNothingToBegin {
            lastProgress = dispatcher.progress
            quietSince = now
        }
        let quietMs = now.milliseconds(since: quietSince)
        let overdue = overdueSteps(dispatcher, now)
        let free = freeSlots(dispatcher)
        let isQuiet = quietMs >= Double(settings.stallMs) && !free.isEmpty && couldMove(dispatcher)
        guard isQuiet || !overdue.isEmpty else { return nil }
        if let lastFinding, now.milliseconds(since: lastFinding) < Double(settings.stallMs) { return nil }
        lastFinding = now
        return Finding(
            depth: dispatcher.depth, running: dispatcher.runningCount, waiting: dispatcher.waiting, free: free,
            overdue: overdue, quietMs: quietMs)
    }

    /// Whether a queued step could begin. Where nothing runs, nothing can be what the queued ones wait for, but a host
    /// that does not start, or one of their lane that has failed and waits for its time. Results that find no room are what brokers do not take, not what slots do not do.
    private func couldMove(_ dispatcher: Dispatcher) -> Bool {
        guard !dispatcher.isOutputFull else { return false }
        let mayWaitForNothing = dispatcher.waiting.keys.contains(.start) || dispatcher.delayedCount > 0
        return dispatcher.hasRunnable || dispatcher.runningCount == 0 && !mayWaitForNothing
    }

    private func freeSlots(_ dispatcher: Dispatcher) -> [Int] {
        dispatcher.slots.indices.filter { slot in
            switch dispatcher.slots[slot] {
            // One that was woken counts as starting: if the wake-up is lost, it stays so.
            case .idle, .starting: true
            case .running, .stopped: false
            }
        }
    }

    private func overdueSteps(_ dispatcher: Dispatcher, _ now: MonotonicTime) -> [Finding.Overdue] {
        dispatcher.slots.indices.compactMap { slot in
            guard let flight = dispatcher.slots.flight(of: slot) else { return nil }
            let overdueMs = now.milliseconds(since: flight.since) - Double(flight.step.limits.timeoutMs)
            return overdueMs > Double(settings.graceMs)
                ? Finding.Overdue(slot: slot, step: flight.step, overdueMs: overdueMs) : nil
        }
    }
}
