import Messages

@testable import Scheduling

/// A node's consumer thread, and the client it talks to.
extension NodeWorld {
    func turn(_ node: SimulatedNode) {
        node.isConsumerAsleep = true
        if isExactlyOnce { takePublished(node) }
        while !node.client.inbox.isEmpty, violation == nil { hear(node.client.inbox.removeFirst(), node) }
        while !node.client.answers.isEmpty, violation == nil, !hasFaults || random.chance(60) {
            let index = Int.random(in: node.client.answers.indices, using: &random)
            hear(node.client.answers.remove(at: index), node)
        }
        if let stop = node.stopAfterMs, case .running = node.core.phase { handle(.stop(drainMs: stop), node) }
        handle(.turn(.init(assignmentLost: node.client.isFenced, isClosed: node.client.isClosed)), node)
        if case .running = node.core.phase { takeAll(node) }
        if node.core.hasToTell { node.core.tell(&node.dispatcher) }
        if random.chance(10) { lookAtLogs(node) }
        let latest = now.adding(milliseconds: 1000)
        let (backpressure, due) = node.look { ($0.backpressure, $0.nextDue) }
        let deadline = node.core.nextDeadline(backpressure, delayed: due)
        node.consumerDeadline = deadline.map { min($0, latest) } ?? latest
        look(at: node)
        if node.isEnded { end(node) }
    }

    private func hear(_ event: SimulatedClient.Event, _ node: SimulatedNode) {
        switch event {
        case .assigned(let partitions, let generation):
            node.client.generation = generation
            handle(.assigned(partitions.sorted(), isCooperative: group.isCooperative), node)
        case .revoked(let partitions, let isLost):
            handle(.revoked(partitions.sorted(), isLost: isLost), node)
            let isKept = isLost && !node.core.owned.isDisjoint(with: partitions)
            check(!isKept, "node \(node.id) keeps partitions that are lost")
        case .committed(let number, let stored, let hasFailure):
            let parts = node.commits.removeValue(forKey: number) ?? []
            noteStored(parts.filter { stored.contains($0.partition) }, node)
            handle(.commitAnswered(number: number, stored: stored, hasFailure: hasFailure), node)
        case .committedBefore(let number, let stored):
            let parts = node.core.transactions?.current?.parts ?? []
            handle(.committedBefore(stored, number: number), node, committing: parts)
        case .transactionAnswered(let number, let answer, let hasRefusal):
            let parts = node.core.transactions?.current?.parts ?? []
            handle(.transactionAnswered(number: number, answer, hasRefusal: hasRefusal), node, committing: parts)
        case .logReset(let partition):
            noteNoticed(partition, node)
            handle(.logReset(partition), node)
        }
        checkStored(node)
    }

    /// - Parameter committing: what a transaction says to be stored that is over when this is heard.
    func handle(_ input: NodeInput, _ node: SimulatedNode, committing parts: [PartitionCommit] = []) {
        calls += 1
        let actions = node.core.handle(input, &node.dispatcher, at: now)
        if actions.contains(.settled) { noteStored(parts, node) }
        perform(actions, node)
        node.hasHeard = true
    }

    private func noteStored(_ parts: [PartitionCommit], _ node: SimulatedNode) {
        for part in parts {
            let known = node.knownStored[part.partition]?[part.generation] ?? 0
            node.knownStored[part.partition, default: [:]][part.generation] = max(known, part.version)
            let position = node.knownPositions[part.partition]?[part.generation] ?? part.position
            node.knownPositions[part.partition, default: [:]][part.generation] = max(position, part.position)
        }
    }

    private func lookAtLogs(_ node: SimulatedNode) {
        let read = node.client.positions.keys.filter { !kafkaIsUnnoticed($0) && !node.client.unstable.contains($0) }
        handle(.positions(read.reduce(into: [:]) { $0[$1] = node.client.readTo($1) }), node)
        let ends = node.client.positions.keys.filter { !node.client.unstable.contains($0) }.map {
            ($0, kafka.logs[Int($0)].shownEnd)
        }
        handle(.ends(Dictionary(uniqueKeysWithValues: ends)), node)
        checkStored(node)
    }

    /// Who has the partition knows that its log is another. One that only thinks it has it knows nothing for others.
    private func noteNoticed(_ partition: Int32, _ node: SimulatedNode) {
        if isOwner(node, of: partition) { kafka.noteNoticed(Int(partition)) }
        forgetOffsets(of: partition)
    }

    /// The node reads the partition again as another log: all that it knew of it is void, what runs of it included.
    func noteChanged(_ partition: Int32, _ node: SimulatedNode) {
        check(kafka.logs[Int(partition)].wasCut, "node \(node.id) thinks that the log of \(partition) has changed")
        noteNoticed(partition, node)
        node.unknown.insert(partition)
        let taken = node.taken[partition] ?? []
        // What another has done there is passed over no more either.
        for digest in isExactlyOnce ? kafka.logs[Int(partition)].digests + taken : taken {
            kafka.excuse(digest, by: isExactlyOnce ? 2 : 1)
        }
    }

    func isOwner(_ node: SimulatedNode, of partition: Int32) -> Bool {
        group.owners[Int(partition)] == node.id && !node.client.isFenced
    }

    func kafkaIsUnnoticed(_ partition: Int32) -> Bool { kafka.logs[Int(partition)].isCutUnnoticed }

    // MARK: Actions

    func perform(_ actions: [NodeAction], _ node: SimulatedNode) {
        for action in actions {
            switch action {
            case .assign(let partitions): assign(partitions, node)
            case .unassign(let partitions): unassign(partitions, node)
            case .pause(let partitions): pause(partitions, node)
            case .resume(let partitions):
                let running = Set(partitions).subtracting(node.client.paused)
                check(running.isEmpty, "node \(node.id) resumes \(running.sorted()), which are not paused")
                node.client.paused.subtract(partitions)
                for partition in partitions { fetch(partition, node) }
                node.wakeConsumer()
            case .seek(let partition, let offset):
                noteChanged(partition, node)
                seek(partition, to: offset, node)
            case .askCommitted(let partitions, let number): node.client.questions.append((number, partitions))
            case .commit(let parts, let number): commit(parts, number, node)
            case .leave: leave(node)
            case .transaction(let call, let number): ask(call, number, node)
            case .settled: settled(node)
            case .dropMessages(let tokens): drop(tokens, node)
            case .wake(let slots): node.asleep.subtract(slots)
            case .wakeAllSlots: node.asleep.removeAll()
            case .endHosts(let slots): node.kill(slots)
            case .abandonRunning:
                node.isAbandoned = true
                node.kill(Array(node.hosts.indices))
            case .tell(let notice): hear(notice, node)
            }
        }
    }

    private func hear(_ notice: NodeNotice, _ node: SimulatedNode) {
        note("node \(node.id): \(notice)")
        switch notice {
        case .metadataUnknown(let partitions):
            count(.metadataUnknown)
            node.unknown.formUnion(partitions)
        case .metadataIgnored(let partition, let problem):
            check(false, "the metadata of \(partition) are no good: \(problem)")
        case .transactionFenced: fail(node)
        case .transactionEnded(.unresolved, _): count(.transactionUnresolved)
        default: break
        }
    }

    private func assign(_ partitions: [Int32], _ node: SimulatedNode) {
        for partition in partitions {
            node.client.forget(partition)
            node.client.seeks[partition] = nil
            beginReading(partition, node)
            if isUnstable(partition) { node.client.unstable.insert(partition) }
            node.taken[partition] = []
            node.lastTaken[partition] = nil
            node.unknown.remove(partition)
            node.generations[partition] = node.core.book[partition]?.generation
        }
        note("node \(node.id) reads \(partitions)")
        node.wakeConsumer()
    }

    func beginReading(_ partition: Int32, _ node: SimulatedNode) {
        let log = kafka.logs[Int(partition)]
        if node.client.positions[partition] == nil, log.committed.map({ $0 < log.low || $0 > log.end }) ?? false {
            node.client.inbox.append(.logReset(partition))
        }
        node.client.positions[partition] = log.start
        fetch(partition, node)
        node.wakeConsumer()
    }

    /// Nothing of the partition has come yet.
    private func fetch(_ partition: Int32, _ node: SimulatedNode) {
        node.client.coming[partition] = node.client.positions[partition].map { ($0, now) }
    }

    private func unassign(_ partitions: [Int32], _ node: SimulatedNode) {
        let gone = group.isCooperative ? Set(partitions) : Set(node.client.positions.keys).union(partitions)
        for partition in gone {
            node.client.positions[partition] = nil
            node.client.forget(partition)
            node.client.seeks[partition] = nil
            excuseTaken(partition, node)
            forgetCut(Int(partition))
        }
        note("node \(node.id) gives up \(gone.sorted())")
        if node.client.isFenced {
            node.client.isFenced = false
            if !node.client.isLeaving { rejoin(node) }
        } else {
            group.gaveUp(node.id, gone)
        }
        if node.client.isLeaving { close(node) }
        continueRebalance()
    }

    /// What runs or is not committed of a partition that moves may be run once more elsewhere.
    func excuseTaken(_ partition: Int32, _ node: SimulatedNode) {
        for digest in node.taken[partition] ?? [] { kafka.excuse(digest) }
        node.taken[partition] = nil
    }

    private func leave(_ node: SimulatedNode) {
        node.client.isLeaving = true
        note("node \(node.id) leaves")
        // A client that has not answered a revocation goes nowhere.
        guard !group.waits(for: node.id) else { return }
        let left = Set(node.client.positions.keys)
        if left.isEmpty { close(node) } else { node.client.inbox.append(.revoked(left, isLost: node.client.isFenced)) }
    }

    private func close(_ node: SimulatedNode) {
        guard !node.client.isClosed else { return }
        node.client.isClosed = true
        node.wakeConsumer()
        group.remove(node.id)
        continueRebalance()
        rebalance()
    }
}
