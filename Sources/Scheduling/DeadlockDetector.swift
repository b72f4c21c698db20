/// Finds cycles in a wait-for graph: who waits for whom. Every one of those waited for must let go before a step goes
/// on, so a cycle is a deadlock, and without a cycle there is none.
///
/// Only a step that begins to wait adds an edge out of a step that others wait for; who is given a lock waits for
/// nobody. So a cycle can only close at that moment, and must lead through that step.
package enum DeadlockDetector {
    /// The cycle through `token`, each step waiting for the next and the last for the first; nil without one.
    ///
    /// - Parameter blockers: the steps that a step waits for.
    package static func cycle(through token: UInt64, blockers: (UInt64) -> [UInt64]) -> [UInt64]? {
        var path = [token]
        // What is still to be tried at each place of the path.
        var untried = [blockers(token)]
        var seen: Set<UInt64> = [token]
        while !path.isEmpty {
            guard let next = untried[path.count - 1].popLast() else {
                path.removeLast()
                untried.removeLast()
                continue
            }
            if next == token { return path }
            // Whoever has been looked at leads nowhere, or the search would have ended there.
            guard seen.insert(next).inserted else { continue }
            path.append(next)
            untried.append(blockers(next))
        }
        return nil
    }
}

/// A cycle of running steps, each waiting for locks of the next, and the one that is ended to break it.
package struct Deadlock: Sendable {
    package struct Member: Sendable {
        package let step: Step
        package let slot: Int
        /// The locks it waits for.
        package let waitsFor: [String]
    }

    /// Each waits for the one after it, the last for the first.
    package let cycle: [Member]
    /// The youngest: the one taken from Kafka last. So the oldest of all steps is never a victim, and a victim, which
    /// keeps its age, is the oldest one day: every step ends.
    package let victim: Member
}
