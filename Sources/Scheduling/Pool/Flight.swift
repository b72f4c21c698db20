/// What a slot's host has: the step it runs, and what is written behind it.
package struct Flight: Sendable {
    /// The step that runs, or is being ended without having run.
    package private(set) var step: Step
    package private(set) var since: MonotonicTime
    /// Written to the host behind `step`, the next first. They have not begun.
    package private(set) var behind: [Step] = []
    /// Its step is to be ended by the slot, to break a deadlock.
    private(set) var isVictim = false
    /// The node ends the host: what it is lost for is no doing of any step on it. The tokens are of those steps that it
    /// is ended for; empty where they have ended by themselves before the kill came. nil: the node does not end it.
    private var givenUp: Set<UInt64>?
    /// Steps that are not wanted any more. The node ends the host when it runs one of them.
    private var cancelled: Set<UInt64> = []

    /// - Parameter isHostEnded: the node ends the host, for a step that it had before.
    init(_ step: Step, since now: MonotonicTime, isHostEnded: Bool = false) {
        self.step = step
        since = now
        givenUp = isHostEnded ? [] : nil
    }

    var isHostEnded: Bool { givenUp != nil }

    /// Why the node ends the host, if it does.
    var ending: HostEnding? {
        if isVictim { return .deadlock }
        if cancelled.contains(step.token), !isGivenUp(step) { return .cancelled }
        return isHostEnded ? .givenUp : nil
    }

    func isGivenUp(_ step: Step) -> Bool { givenUp?.contains(step.token) == true }

    mutating func write(_ steps: [Step]) { behind += steps }

    /// The step has ended, and the host goes on with the next.
    ///
    /// - Returns: false where there is none.
    mutating func advance(at now: MonotonicTime) -> Bool {
        guard !behind.isEmpty else { return false }
        step = behind.removeFirst()
        since = now
        isVictim = false
        return true
    }

    /// What is written behind the step is not to be run by this host.
    mutating func takeBehind() -> [Step] {
        defer { behind = [] }
        return behind
    }

    mutating func markVictim() { isVictim = true }

    /// - Returns: whether the host is to be ended: it runs one of them, and that is not known yet.
    mutating func cancel(_ isCancelled: (Step) -> Bool) -> Bool {
        let isNews = !cancelled.contains(step.token)
        cancelled.formUnion(([step] + behind).filter(isCancelled).map(\.token))
        return isNews && endIfCancelled()
    }

    /// - Returns: whether the step that runs is not wanted any more: the host is to be ended.
    mutating func endIfCancelled() -> Bool {
        guard !cancelled.isEmpty, cancelled.contains(step.token) else { return false }
        givenUp = givenUp ?? []
        return true
    }

    /// Partitions are given up: the node ends the host where it has steps of them.
    ///
    /// - Returns: whether it has.
    mutating func giveUp(_ partitions: Set<Int32>) -> Bool {
        let tokens = ([step] + behind).filter { partitions.contains($0.coordinates.partition) }.map(\.token)
        guard !tokens.isEmpty else { return false }
        givenUp = (givenUp ?? []).union(tokens)
        return true
    }
}
