import Messages

/// Steps that are written to a host while it still runs another: reading and waking cost more than a short step itself.
///
/// Such a step counts in the queue depth until it begins, which it does when the one before it ends. It takes over what
/// that one held, so it must need the same: nothing else has to be looked at when it begins.
extension ConcurrencyManager {
    /// A longer request may not go through the pipe with others in one piece.
    package static let longestAheadBytes = 4096

    /// Takes the steps to be written to the slot's host behind what it has: the oldest that could begin, as long as they
    /// are short and need what the running one has. Displaced steps come before all of them, and are none of these.
    mutating func writeAhead(slot: Int) -> [Step] {
        guard case .running(let running, _) = slots[slot], !isStopping, !isOutputFull, displaced.isEmpty,
            var left = timeLeft(in: slot, behind: running)
        else { return [] }
        let places = ServiceTimes.mostUnderWay - 1 - ahead[slot].count
        var taken: [Step] = []
        var passed = 0
        while taken.count < places, passed < queue.depth {
            let place = queue.queued.startIndex + passed
            let step = queue.queued[place]
            if mayFollow(step, running), let usual = serviceTimes.usual(step.strategyIndex), usual <= left {
                taken.append(queue.take(at: place))
                forgetWaiting(step)
                left -= usual
            } else if waitsForItsKind(step) {
                passed += 1
            } else {
                break
            }
        }
        ahead[slot] += taken
        return taken
    }

    /// The step asks for locks while it runs: nothing is written behind such steps, nor they behind others.
    package mutating func noteTakesLocks(_ step: Step) { serviceTimes.exclude(step.strategyIndex) }

    /// How much more work may be under way in the slot's host, in nanoseconds; nil where nothing is written ahead.
    private func timeLeft(in slot: Int, behind running: Step) -> Double? {
        // One that has expired gives its place back at once, and with it those behind it.
        guard isTrusted(running), running.request.expiresAt == nil,
            let usual = serviceTimes.usual(running.strategyIndex)
        else { return nil }
        return ahead[slot].reduce(serviceTimes.budgetNanoseconds - usual) { left, step in
            left - (serviceTimes.usual(step.strategyIndex) ?? 0)
        }
    }

    /// Whether others pass it as they like: what it waits for is nothing that they take.
    private func waitsForItsKind(_ step: Step) -> Bool {
        switch obstacle(to: step) {
        case .lock, .throttle, .start: true
        case .memory, .cpu, nil: false
        }
    }

    private func mayFollow(_ step: Step, _ running: Step) -> Bool {
        // One that was lost once runs with nothing before it, one that expires is looked at when it begins.
        step.limits == running.limits && step.request.locks.isEmpty && step.attempt == 1
            && step.request.expiresAt == nil && step.request.bytes.count <= Self.longestAheadBytes && isTrusted(step)
    }

    /// Steps of a sweep are long, whatever the strategy's other steps are; a strategy whose steps often end badly
    /// is run step by step.
    private func isTrusted(_ step: Step) -> Bool {
        step.request.type == "backtest" && throttle.isReliable(step.strategyIndex)
            && circuitBreaker.hasNothing(against: step.strategyIndex)
    }

    /// The slot's host has answered the step it ran, and so many of those behind it; the next one has begun.
    ///
    /// - Parameters:
    ///   - nanoseconds: how long each of them took.
    ///   - mayTakeMore: whether more may be written ahead to the host.
    /// - Returns: what is to be written to it now, and whom to wake. Locks that came free may have given a step what it
    ///   waited for: its slot is among them.
    package mutating func finishAnswered(
        slot: Int, tookNanoseconds nanoseconds: [Int64], mayTakeMore: Bool = false, at now: MonotonicTime
    ) -> ([Step], Wakes) {
        let before = depth
        var granted: [Int] = []
        for time in nanoseconds {
            guard case .running(let step, _) = slots[slot] else { break }
            serviceTimes.note(step.strategyIndex, nanoseconds: time)
            granted += end(step, .good, slot: slot, at: now)
            // Before anybody is woken who could want what it takes over.
            beginNext(slot: slot, at: now)
        }
        let more = mayTakeMore ? writeAhead(slot: slot) : []
        var wakes = wakes(before: before)
        wakes.slots += granted
        return (more, wakes)
    }

    /// Whatever has been decided about its strategy meanwhile: its host runs it.
    private mutating func beginNext(slot: Int, at now: MonotonicTime) {
        guard !ahead[slot].isEmpty else { return }
        let step = ahead[slot].removeFirst()
        hold(step)
        slots[slot] = .running(step, since: now)
        progress += 1
    }

    /// The slot's host is lost: what was written ahead to it has not begun, and runs elsewhere.
    mutating func takeBackAhead(slot: Int) {
        for step in ahead[slot] {
            if isStopping || ended[slot]?.contains(step.token) == true {
                givenBack.append(step)
            } else {
                displaced.append(step)
            }
        }
        ahead[slot] = []
    }

    /// Steps that will not be run here since somebody last asked: their requests stay not done.
    package mutating func takeGivenBack() -> [Step] {
        defer { givenBack = [] }
        return givenBack
    }
}
