@testable import Scheduling

/// What must hold of a node, always.
extension NodeWorld {
    /// After each event: what any of them changes. What only the group and its clients change is looked at where the core
    /// has heard of something since: it is a value that nobody else has. What is stored: where it has heard of that.
    func check(_ node: SimulatedNode) {
        node.prune()
        let (load, name) = (node.core.inFlight.load, node.id)
        let (depth, running, held, known, given) = node.look {
            ($0.depth, $0.runningCount, $0.heldCount, $0.inFlight, $0.admission.resources.givenMB)
        }
        check(depth <= SimulatedNode.queueDepth, "node \(name) has \(depth) queued")
        check(load.count <= SimulatedNode.maxInFlight, "node \(name) has \(load.count) in flight")
        check(load.bytes == node.bytes, "node \(name) counts \(load.bytes) bytes in flight, and they are \(node.bytes)")
        check(node.core.hasToTell || known == load, "the dispatcher of \(name) knows of \(known), in flight is \(load)")
        // Nothing in flight is nowhere, and nothing that is somewhere has left.
        let somewhere = held + node.messages.count + node.buffer.count + node.published.count
        check(
            load.count == somewhere,
            "node \(name) has \(load.count) in flight, and \(somewhere) are queued, run or published")
        check(
            given == running * SimulatedNode.memoryMB, "node \(name) has given \(given) MB to \(running) steps")
        guard node.hasHeard else { return }
        node.hasHeard = false
        checkGroup(node)
    }

    private func checkGroup(_ node: SimulatedNode) {
        let (owned, name) = (node.core.owned, node.id)
        let read = node.client.positions
        let isAssigned = owned.count == read.count && owned.allSatisfy { read[$0] != nil }
        check(isAssigned, "node \(name) thinks it has \(owned.sorted()), its client reads \(read.keys)")
        let (paused, told) = (node.core.paused, node.client.paused)
        let isPaused = owned.allSatisfy { paused.contains($0) == told.contains($0) }
        check(isPaused, "node \(name) thinks \(paused.sorted()) are paused, and \(told.sorted()) are")
        let isAnyPaused = node.look { $0.backpressure.isPaused }
        check(isAnyPaused != owned.isDisjoint(with: paused), "node \(name) shows that it pauses: \(isAnyPaused)")
    }

    /// What the broker has said to be stored is what the ledgers have, no more and no less.
    func checkStored(_ node: SimulatedNode) {
        for partition in node.core.owned {
            guard let (generation, committed) = node.core.book.committed(of: partition) else { continue }
            let stored = node.knownPositions[partition]?[generation]
            check(
                committed == stored,
                "node \(node.id) was told of \(partition) that \(stored?.value ?? -1) is stored, and has another")
        }
    }
}
