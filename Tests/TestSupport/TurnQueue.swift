/// Who is served next of all that want a share of the machine: the rules alone, without a clock or a thread.
package struct TurnQueue {
    /// How much of the machine a test takes while it has its turn.
    package enum Share: Sendable, Equatable {
        /// As much as so many nodes, brokers or browsers that wait more than they work.
        case nodes(Int)
        /// All of it: what the test measures is disturbed by others.
        case alone
    }

    /// So much runs however busy the machine is; a larger share runs by itself.
    private let always: Int
    /// So much runs at most, however idle the machine is.
    private let most: Int
    private var running = 0
    private var isTakenAlone = false
    private var waiting: [(ticket: Int, nodes: Int)] = []
    private var waitingAlone: [Int] = []
    private var lastTicket = 0

    /// - Parameter processors: which the tests may use.
    package init(processors: Int) {
        always = max(1, processors)
        most = 4 * always
    }

    package var isAnyoneWaiting: Bool { !waiting.isEmpty || !waitingAlone.isEmpty }

    /// Queues; the ticket comes back from `next` when it is served.
    package mutating func enter(_ share: Share) -> Int {
        lastTicket += 1
        switch share {
        case .nodes(let count): waiting.append((lastTicket, max(1, count)))
        case .alone: waitingAlone.append(lastTicket)
        }
        return lastTicket
    }

    /// The ticket that is served now, nil where it is nobody's turn yet. In order, so that a large share is not passed
    /// by small ones for ever; who wants the machine alone comes last, so that it stands empty only once.
    ///
    /// - Parameter hasRoom: the machine has been idle enough since the last one was served.
    package mutating func next(hasRoom: Bool) -> Int? {
        guard !isTakenAlone else { return nil }
        if let first = waiting.first {
            let wanted = running + first.nodes
            guard running == 0 || wanted <= always || hasRoom && wanted <= most else { return nil }
            running = wanted
            return waiting.removeFirst().ticket
        }
        guard running == 0, !waitingAlone.isEmpty else { return nil }
        isTakenAlone = true
        return waitingAlone.removeFirst()
    }

    /// Ends a turn.
    package mutating func leave(_ share: Share) {
        switch share {
        case .nodes(let count): running -= max(1, count)
        case .alone: isTakenAlone = false
        }
    }
}
