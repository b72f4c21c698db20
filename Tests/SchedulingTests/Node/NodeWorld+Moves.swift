@testable import Scheduling

/// Leaders and coordinators that move to other brokers.
extension NodeWorld {
    private func aWhile() -> MonotonicTime {
        now.adding(milliseconds: .random(in: 1...(random.chance(10) ? 20_000 : 2000), using: &random))
    }

    /// Ends what is over by now; all of it where there are no more faults.
    func advanceMoves() {
        for partition in kafka.logs.indices {
            if let move = kafka.logs[partition].move, now >= move.until || !hasFaults { advance(move, of: partition) }
        }
        for (place, until) in kafka.resultLeaderless.enumerated() where until.map({ now >= $0 || !hasFaults }) ?? false
        {
            kafka.resultLeaderless[place] = nil
        }
        if let move = coordinatorMove, now >= move.until || !hasFaults { endCoordinatorMove(move) }
    }

    // MARK: Leaders of the requests

    func moveLeader(of partition: Int) {
        guard kafka.logs[partition].move == nil else { return }
        note("the leader of \(partition) is gone")
        kafka.logs[partition].move = .electing(until: aWhile())
    }

    private func advance(_ move: LeaderMove, of partition: Int) {
        kafka.logs[partition].move = nil
        guard case .electing = move, hasFaults else { return wakeReaders(of: partition) }
        count(.leaderMove)
        // It may be one that has not had the latest records.
        if random.chance(30) { changeLog(of: partition, at: cutNearEnd(of: partition)) }
        let log = kafka.logs[partition]
        if random.chance(60) {
            let shown = Int64.random(in: min(log.start, log.end)...log.end, using: &random)
            kafka.logs[partition].move = .catchingUp(until: aWhile(), highWatermark: shown)
            count(.highWatermarkBehind)
        }
        note("\(partition) has another leader, which shows records to \(kafka.logs[partition].shownEnd) of \(log.end)")
        wakeReaders(of: partition)
    }

    func wakeReaders(of partition: Int) {
        for node in nodes where node.client.positions[Int32(partition)] != nil { node.wakeConsumer() }
    }

    // MARK: Leaders of the results

    /// What the old leader had and has not acknowledged: the new one has it, too, or has it but does not know from whom
    /// it is, or has it not.
    func moveResultLeader() {
        let place = Int.random(in: kafka.resultLeaderless.indices, using: &random)
        guard kafka.resultLeaderless[place] == nil else { return }
        note("the leader of results \(place) is gone")
        count(.resultLeaderMove)
        kafka.resultLeaderless[place] = aWhile()
        for node in nodes {
            for index in node.messages.indices
            where node.messages[index].isStored && kafka.resultPlace(of: node.messages[index].digest) == place {
                let message = node.messages[index]
                guard random.chance(60) else { continue }
                node.messages[index].isStored = false
                if random.chance(50) {
                    kafka.excuse(message.digest)
                } else if message.next != .deadLetter {
                    kafka.removeResult(message.digest)
                }
            }
        }
    }

    // MARK: The coordinator

    func moveCoordinator() {
        guard coordinatorMove == nil else { return }
        note("the coordinator is gone")
        count(.coordinatorMove)
        coordinatorMove = CoordinatorMove(until: aWhile())
        // Answers that were on their way are lost, though the commits are there.
        for node in nodes {
            for index in node.client.answers.indices where random.chance(30) {
                guard case .committed(let number, _, _) = node.client.answers[index] else { continue }
                node.client.answers[index] = .committed(number: number, stored: [], hasFailure: true)
            }
        }
    }

    /// A commit that finds no coordinator: refused at once, or kept until there is one.
    func keep(_ parts: [PartitionCommit], _ number: UInt64, _ node: SimulatedNode) {
        guard random.chance(50) else {
            count(.commitRefused)
            return node.client.answers.append(.committed(number: number, stored: [], hasFailure: true))
        }
        count(.commitHeld)
        coordinatorMove?.held.append(
            CoordinatorMove.Held(
                node: node, number: number, parts: parts, generation: node.client.generation,
                logs: kafka.states(of: parts)))
    }

    /// The new one has loaded what the group has committed. Whom it does not know any more it takes for dead.
    private func endCoordinatorMove(_ move: CoordinatorMove) {
        coordinatorMove = nil
        note("the group has a coordinator")
        for held in move.held where nodes.contains(where: { $0 === held.node }) {
            // What a log held before it was cut says nothing of it now, and its reader may know already.
            let isStale = held.logs != kafka.states(of: held.parts)
            store(held.parts, held.number, held.node, generation: isStale ? -1 : held.generation)
            held.node.wakeConsumer()
        }
        if hasFaults, random.chance(20), let node = anyNode() { kick(node) }
        if move.isRebalanceDue || random.chance(50) { rebalance() } else { continueRebalance() }
        for node in nodes { node.wakeConsumer() }
    }
}
