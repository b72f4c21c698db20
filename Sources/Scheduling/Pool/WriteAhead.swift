import Messages

/// Which steps are written to a host while it still runs another: reading and waking cost more than a short step itself.
///
/// Such a step counts in the queue depth until it begins, which it does when the one before it ends. It takes over what
/// that one held, so it must need the same: nothing else has to be looked at when it begins.
package struct WriteAhead: Sendable {
    /// A longer request may not go through the pipe with others in one piece.
    package static let longestBytes = 4096

    /// How long a step may run while others are written behind it: then they are taken back.
    package static let longestWaitMs = 50

    private var times: ServiceTimes
    /// Strategies that have hosts of their own, to which no other strategy's step can be written.
    private let external: Set<Int>
    /// Strategies of which a step whose answer says that it has failed may be tried again.
    private let triedAgain: Set<Int>

    init(_ times: ServiceTimes, external: Set<Int>, triedAgain: Set<Int> = []) {
        self.times = times
        self.external = external
        self.triedAgain = triedAgain
    }

    /// Notes how long a step took.
    mutating func note(_ step: Step, nanoseconds: Int64) { times.note(step.strategyIndex, nanoseconds: nanoseconds) }

    /// Takes the steps to be written to a host behind what it has: the oldest that could begin, as long as they are short
    /// and need what the running one has. Those that run again come before all of them, and are none of these.
    func take(from queue: inout WorkQueue, behind flight: Flight, _ admission: Admission) -> [Step] {
        guard queue.unplaced.isEmpty, var left = timeLeft(behind: flight, admission) else { return [] }
        let places = ServiceTimes.mostUnderWay - 1 - flight.behind.count
        var taken: [Step] = []
        var passed = 0
        while taken.count < places, passed < queue.count {
            let step = queue[passed]
            let isNext =
                step.lane == nil
                || !hasEffects(step, outsideLaneOf: flight.step)
                    && mayFollowInLane(passed, behind: flight, taken, queue)
            // One that is cancelled is for who asks for work: the host has to come to its end for that.
            if isNext, !admission.isCancelled(step), mayFollow(step, flight.step, admission),
                let usual = usual(step, admission), usual <= left
            {
                taken.append(queue.take(at: passed))
                left -= usual
            } else if !isNext || waitsForItsKind(step, admission) {
                passed += 1
            } else {
                break
            }
        }
        return taken
    }

    /// Of its lane those that the host has come before it, and no other. None of them may have to be tried again: it would
    /// have been passed.
    private func mayFollowInLane(_ place: Int, behind flight: Flight, _ taken: [Step], _ queue: WorkQueue) -> Bool {
        queue.mayFollowInLane(at: place) { lane in
            let own = ([flight.step] + flight.behind + taken).filter { $0.lane == lane }
            return own.contains { triedAgain.contains($0.strategyIndex) } ? .max : own.count
        }
    }

    /// How much more work may be under way in the host, in nanoseconds; nil where nothing is written ahead.
    private func timeLeft(behind flight: Flight, _ admission: Admission) -> Double? {
        // One that has expired gives its place back at once, and with it those behind it.
        guard isTrusted(flight.step, admission), flight.step.request.expiresAt == nil,
            let usual = usual(flight.step, admission)
        else { return nil }
        return flight.behind.reduce(times.budgetNanoseconds - usual) { left, step in
            left - (self.usual(step, admission) ?? 0)
        }
    }

    /// The usual time of such a step, in nanoseconds; nil where nothing is to be said of it. Where others are written
    /// behind it, a host that asks for a lock would read a request where it waits for the grant.
    private func usual(_ step: Step, _ admission: Admission) -> Double? {
        admission.asksForLocks(step.strategyIndex) ? nil : times.usual(step.strategyIndex)
    }

    /// Whether others pass it as they like: what it waits for is nothing that they take.
    private func waitsForItsKind(_ step: Step, _ admission: Admission) -> Bool {
        switch admission.obstacle(to: step) {
        case .lock, .throttle, .start, .key, .partition: true
        case .memory, .cpu, nil: false
        }
    }

    private func mayFollow(_ step: Step, _ running: Step, _ admission: Admission) -> Bool {
        // One that was lost once runs with nothing before it, one that expires is looked at when it begins.
        step.limits == running.limits && step.request.locks.isEmpty && mayShareHost(step, running)
            && (step.attempt == 1 || PlantedBug.writesAheadWhatWasLost.isPlanted)
            && step.request.expiresAt == nil && step.request.bytes.count <= Self.longestBytes
            && isTrusted(step, admission)
    }

    private func mayShareHost(_ step: Step, _ running: Step) -> Bool {
        step.strategyIndex == running.strategyIndex || external.isEmpty
            || !external.contains(step.strategyIndex) && !external.contains(running.strategyIndex)
    }

    /// What is taken back lies in the host's pipe until the step before it has ended. An external strategy may have effects,
    /// which its host could have again beside those of what has come meanwhile in another lane.
    private func hasEffects(_ step: Step, outsideLaneOf running: Step) -> Bool {
        external.contains(step.strategyIndex) && step.lane != running.lane
    }

    /// Steps of a sweep are long, whatever the strategy's other steps are; a strategy whose steps often end badly
    /// is run step by step.
    private func isTrusted(_ step: Step, _ admission: Admission) -> Bool {
        !step.request.isSweep && admission.isTrusted(step.strategyIndex)
    }
}
