/// What a slot is doing: all that is known of it.
package enum SlotState: Sendable {
    /// It has not asked for work since its host was started, since its last step, or since it was woken.
    ///
    /// - Parameter isHostEnded: the node ends its host, for a step that has ended by itself meanwhile. Not the next one,
    ///   which may begin before the kill comes, is to blame then.
    case starting(isHostEnded: Bool)
    /// Its host waits, and nothing was there that may begin.
    case idle(isHostEnded: Bool)
    case running(Flight)
    /// The node ends. Nothing leads out of it.
    case stopped

    var isHostEnded: Bool {
        switch self {
        case .starting(let isHostEnded), .idle(let isHostEnded): isHostEnded
        case .running(let flight): flight.isHostEnded
        case .stopped: false
        }
    }
}

/// The slots, by their numbers.
package struct SlotTable: Sendable {
    private var states: [SlotState]
    /// Steps that are written to hosts and have not begun: asked for too often to be counted each time.
    package private(set) var aheadCount = 0

    init(count: Int) { states = Array(repeating: .starting(isHostEnded: false), count: count) }

    package var count: Int { states.count }
    package var indices: Range<Int> { states.indices }
    package subscript(slot: Int) -> SlotState { states[slot] }

    package var runningCount: Int {
        states.count { if case .running = $0 { true } else { false } }
    }

    package var allStopped: Bool {
        states.allSatisfy { if case .stopped = $0 { true } else { false } }
    }

    package func flight(of slot: Int) -> Flight? {
        if case .running(let flight) = states[slot] { flight } else { nil }
    }

    /// The step that the slot runs.
    func step(of slot: Int) -> Step? {
        if case .running(let flight) = states[slot] { flight.step } else { nil }
    }

    /// The slots that run these steps.
    func running(_ tokens: [UInt64]) -> [Int] {
        guard !tokens.isEmpty else { return [] }
        return indices.filter { slot in step(of: slot).map { tokens.contains($0.token) } ?? false }
    }

    // MARK: Ways from one state to another

    /// The slot has got a flight, or has it back.
    mutating func put(_ flight: Flight, in slot: Int) {
        states[slot] = .running(flight)
        aheadCount += flight.behind.count
    }

    /// The slot's flight is over, or is taken out to be changed: it is changed without a copy only outside the table.
    ///
    /// - Parameter isHostGone: the host is, too, so that it does not matter who ends it.
    mutating func take(from slot: Int, isHostGone: Bool = false) -> Flight? {
        guard case .running(let flight) = states[slot] else { return nil }
        states[slot] = .starting(isHostEnded: flight.isHostEnded && !isHostGone)
        if !PlantedBug.losesAPlace.isPlanted { aheadCount -= flight.behind.count }
        return flight
    }

    mutating func rest(_ slot: Int) { states[slot] = .idle(isHostEnded: states[slot].isHostEnded) }

    /// The slot's host is lost or its start failed.
    mutating func restart(_ slot: Int) {
        _ = take(from: slot)
        states[slot] = .starting(isHostEnded: false)
    }

    mutating func stop(_ slot: Int) {
        _ = take(from: slot)
        states[slot] = .stopped
    }

    /// An idle slot to wake, if there is one. It is woken once: until it has asked for its next step it is starting.
    mutating func wakeIdle() -> Int? {
        guard let slot = states.firstIndex(where: { if case .idle = $0 { true } else { false } }) else { return nil }
        states[slot] = .starting(isHostEnded: states[slot].isHostEnded)
        return slot
    }

    /// The slot's step is to be ended to break a deadlock.
    mutating func markVictim(_ slot: Int) {
        guard var flight = take(from: slot) else { return }
        flight.markVictim()
        put(flight, in: slot)
    }

    /// These steps are not wanted any more.
    ///
    /// - Returns: the slots whose hosts are to be ended.
    mutating func cancel(_ isCancelled: (Step) -> Bool) -> [Int] {
        indices.filter { slot in
            guard var flight = take(from: slot) else { return false }
            let isEnded = flight.cancel(isCancelled)
            put(flight, in: slot)
            return isEnded
        }
    }

    /// The node ends the hosts that have steps of these partitions.
    ///
    /// - Returns: their slots.
    mutating func giveUp(_ partitions: Set<Int32>) -> [Int] {
        indices.filter { slot in
            guard var flight = take(from: slot) else { return false }
            let isEnded = flight.giveUp(partitions)
            put(flight, in: slot)
            return isEnded
        }
    }

    /// The steps of a cycle, each waiting for the next, with their slots.
    ///
    /// - Parameter wanted: the locks that a step waits for.
    func deadlock(_ cycle: [UInt64], wanted: (UInt64) -> [String]) -> Deadlock? {
        let members = cycle.compactMap { token -> Deadlock.Member? in
            guard let slot = indices.first(where: { step(of: $0)?.token == token }), let step = step(of: slot) else {
                return nil
            }
            return Deadlock.Member(step: step, slot: slot, waitsFor: wanted(token))
        }
        guard let victim = members.max(by: { $0.step.token < $1.step.token }) else { return nil }
        return Deadlock(cycle: members, victim: victim)
    }
}
