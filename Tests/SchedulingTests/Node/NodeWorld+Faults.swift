import Messages

@testable import Scheduling

/// What goes wrong, and what the group and the clients do about it.
extension NodeWorld {
    func fault() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20: rebalance()
        case 20..<34: changeLog()
        case 34..<42: moveLeader(of: .random(in: kafka.logs.indices, using: &random))
        case 42..<45: moveResultLeader()
        case 45..<50: moveCoordinator()
        case 50..<57: if let node = anyNode() { kick(node) }
        case 57..<65: if let node = anyNode() { crash(node) }
        case 65..<72: if let node = anyNode() { stop(node) }
        case 72..<81: if nodes.count < 4 { startNode() }
        case 81..<83: addPartition()
        case 83..<89: if let node = anyNode() { setOutput(node) }
        case 89..<97: if let node = anyNode() { crashAndCut(node) }
        case 97..<99: cancel()
        default: if let node = anyNode(), random.chance(40) { fail(node) }
        }
    }

    /// Of the kinds of requests one is not wanted any more, as far as it has been submitted.
    private func cancel() {
        let order = CancelOrder(.request(String(Int.random(in: 0..<5, using: &random))), time: wallTime)
        note("\(order.target) is cancelled")
        cancels.append(order)
        cancelled.note(order)
        for node in nodes {
            calls += 1
            let (woken, ended) = node.dispatcher.cancel(order)
            node.asleep.subtract(woken)
            node.kill(ended)
        }
    }

    private func setOutput(_ node: SimulatedNode) {
        node.isOutputFull.toggle()
        node.wakeConsumer()
    }

    private func addPartition() {
        guard kafka.logs.count < 6 else { return }
        kafka.addPartition()
        rebalance()
    }

    /// The node can do no more, and ends itself.
    func fail(_ node: SimulatedNode) {
        note("node \(node.id) fails")
        handle(.fail, node)
        node.stopAfterMs = 1000
        node.wakeConsumer()
    }

    private func stop(_ node: SimulatedNode) {
        guard node.stopAfterMs == nil else { return }
        note("node \(node.id) is told to end")
        node.stopAfterMs = .random(in: 0...300, using: &random)
        node.wakeConsumer()
    }

    /// The process is gone; its group hears of it when nothing is heard of it for long.
    private func crash(_ node: SimulatedNode) {
        note("node \(node.id) crashes")
        count(.crash)
        for partition in node.taken.keys { excuseTaken(partition, node) }
        for message in node.messages where message.next != nil && !message.isStored && random.chance(50) {
            if message.next != .deadLetter { kafka.addResult(message.digest) }
        }
        // Its machine was a broker's, too.
        for partition in node.client.positions.keys where random.chance(20) { moveLeader(of: Int(partition)) }
        remove(node)
    }

    /// The process is gone, and so is a part of the log above what it had committed, done or not; there are others now.
    private func crashAndCut(_ node: SimulatedNode) {
        let read = node.client.positions.keys.filter {
            kafka.logs[Int($0)].metadata != nil && kafka.logs[Int($0)].move == nil && mayChange($0)
        }
        guard let number = read.randomElement(using: &random) else { return }
        crash(node)
        let (partition, log) = (Int(number), kafka.logs[Int(number)])
        let committed = log.committed ?? log.low
        guard committed < log.end, nodes.allSatisfy({ $0.client.positions[number] == nil }) else { return }
        let cut = Int64.random(in: committed..<min(log.end, committed + 12), using: &random)
        kafka.cut(partition, at: cut)
        kafka.append(.random(in: 0...40, using: &random), to: partition)
        forgetCut(partition)
        note("the log of \(partition) is cut at \(cut) behind a crash, and ends at \(kafka.logs[partition].end)")
        count(.logCutAboveCommit)
    }

    /// A node that has ended.
    func end(_ node: SimulatedNode) {
        count(.end)
        check(node.client.isClosed, "node \(node.id) ends without its group's answer")
        for partition in node.taken.keys { excuseTaken(partition, node) }
        remove(node)
    }

    private func remove(_ node: SimulatedNode) {
        nodes.removeAll { $0 === node }
        for partition in node.client.positions.keys { forgetCut(Int(partition)) }
        group.remove(node.id)
        continueRebalance()
        rebalance()
        if nodes.isEmpty { startNode() }
    }

    /// Nothing was heard of the node for long: its partitions are others', before it knows.
    func kick(_ node: SimulatedNode) {
        guard coordinatorMove == nil, !node.client.isFenced, !node.client.isLeaving, node.client.generation >= 0 else {
            return
        }
        note("node \(node.id) is taken for dead")
        count(.kick)
        for partition in node.client.positions.keys {
            for digest in node.taken[partition] ?? [] { kafka.excuse(digest) }
            forgetCut(Int(partition))
        }
        node.client.isFenced = true
        group.remove(node.id)
        // What it has not been told of its membership is void.
        node.client.inbox.removeAll {
            if case .assigned = $0 { true } else if case .revoked = $0 { true } else { false }
        }
        node.client.inbox.append(.revoked(Set(node.client.positions.keys), isLost: true))
        continueRebalance()
        rebalance()
    }

    func rejoin(_ node: SimulatedNode) {
        group.join(node.id)
        node.client.generation = -1
        rebalance()
    }

    // MARK: The group

    func rebalance() {
        guard coordinatorMove == nil else {
            coordinatorMove?.isRebalanceDue = true
            return
        }
        for (id, partitions) in group.rebalance(partitions: kafka.logs.count, &random) {
            guard let node = node(id) else { continue }
            node.client.inbox.append(.revoked(partitions, isLost: false))
            node.wakeConsumer()
        }
        continueRebalance()
    }

    func continueRebalance() {
        guard coordinatorMove == nil else { return }
        for (id, partitions) in group.assignments() {
            guard let node = node(id) else { continue }
            node.client.inbox.append(.assigned(partitions, generation: group.generation))
            node.wakeConsumer()
        }
        if group.isDue { rebalance() }
    }

    // MARK: Logs

    /// A topic is made anew, or a leader without the latest records takes over.
    private func changeLog() {
        let partition = Int.random(in: kafka.logs.indices, using: &random)
        guard kafka.logs[partition].move == nil else { return }
        changeLog(of: partition, at: random.chance(30) ? kafka.logs[partition].low : cutNearEnd(of: partition))
    }

    func cutNearEnd(of partition: Int) -> Int64 {
        max(kafka.logs[partition].low, kafka.logs[partition].end - .random(in: 0...30, using: &random))
    }

    func changeLog(of partition: Int, at cut: Int64) {
        guard cut < kafka.logs[partition].end, mayChange(Int32(partition)), !keepsBehind(cut, of: Int32(partition))
        else {
            return
        }
        kafka.cut(partition, at: cut)
        kafka.append(.random(in: 0...20, using: &random), to: partition)
        note("the log of \(partition) is cut at \(cut), and ends at \(kafka.logs[partition].end)")
        count(.logChanged)
        noticeCut(partition)
    }

    /// Whether it is clear who reads the partition and has been told so: else no client could know which log a commit is
    /// about, and neither could the model.
    private func mayChange(_ partition: Int32) -> Bool {
        let readers = nodes.filter { $0.client.positions[partition] != nil }
        return cutsLogs && !isInTransaction(partition) && !group.isRebalancing
            && !kafka.logs[Int(partition)].isCutUnnoticed && readers.count <= 1
            && readers.allSatisfy { $0.client.inbox.isEmpty && $0.client.seeks.isEmpty && !$0.client.isFenced }
    }

    /// Whether a client keeps records that would be gone: it would hand them out, as it does what it has prefetched of a
    /// log that is cut then, and no node can tell.
    private func keepsBehind(_ cut: Int64, of partition: Int32) -> Bool {
        nodes.contains { $0.client.kept[partition]?.last.map { $0.offset >= cut } ?? false }
    }

    /// Clients that have read beyond the cut go on there, or at the first record where theirs is none any more.
    func noticeCut(_ partition: Int) {
        guard let cut = kafka.logs[partition].cut else { return }
        var isRead = false
        for node in nodes {
            guard let position = node.client.positions[Int32(partition)] else { continue }
            isRead = true
            guard position > cut else {
                // It has read nothing that is gone.
                if hasFaults { forgetCut(partition) }
                continue
            }
            // It notices by itself only where it has taken a record at this offset, or behind it.
            if hasFaults, node.lastTaken[Int32(partition)] ?? -1 >= cut, random.chance(50) {
                node.client.positions[Int32(partition)] = cut
            } else {
                node.client.positions[Int32(partition)] = kafka.logs[partition].low
                node.client.inbox.append(.logReset(Int32(partition)))
            }
            node.wakeConsumer()
        }
        if !isRead { forgetCut(partition) }
    }

    // MARK: Clients

    /// Clients hear of seeks, and coordinators answer.
    func clientWorks() {
        for node in nodes where !hasFaults || random.chance(60) {
            if isExactlyOnce { beginReading(node) }
            for (partition, offset) in node.client.seeks.pairs where node.client.positions[partition] != nil {
                node.client.forget(partition)
                node.client.soughtFrom[partition] = node.client.positions[partition]
                node.client.positions[partition] = offset
                node.wakeConsumer()
            }
            node.client.seeks.removeAll()
            for (partition, coming) in node.client.coming.pairs where !node.client.paused.contains(partition) {
                let to = min(coming.to + .random(in: 0...3, using: &random), kafka.logs[Int(partition)].shownEnd)
                node.client.coming[partition] = random.chance(50) ? nil : to > coming.to ? (to, now) : coming
                node.wakeConsumer()
            }
            // One that finds no coordinator may wait for it, or be told so.
            if coordinatorMove != nil, random.chance(50) { continue }
            for (number, partitions) in node.client.questions {
                let answers = partitions.map { ($0, kafka.logs[Int($0)].stored) }
                let isLost =
                    partitions.contains(where: isUnstable) || coordinatorMove != nil || hasFaults && random.chance(20)
                node.client.inbox.append(
                    .committedBefore(number: number, isLost ? nil : Dictionary(uniqueKeysWithValues: answers)))
                node.wakeConsumer()
            }
            node.client.questions = []
        }
    }
}
