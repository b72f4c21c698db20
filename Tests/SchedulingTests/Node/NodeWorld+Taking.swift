import Messages

@testable import Scheduling

/// What a node takes of its client, and what that keeps when it pauses.
extension NodeWorld {
    func takeAll(_ node: SimulatedNode) {
        applyBackpressure(node)
        for _ in 0..<3 {
            let open = node.core.takeable(&node.dispatcher, at: now)
            guard !open.partitions.isEmpty else { return }
            var taken = 0
            for partition in open.partitions where taken < open.room {
                taken += take(min(open.share, open.room - taken), from: partition, node)
            }
            applyBackpressure(node)
            guard taken > 0 else { return }
        }
        node.wakeConsumer()
    }

    private func applyBackpressure(_ node: SimulatedNode) {
        calls += 1
        perform(node.core.applyBackpressure(isOutputFull: node.isOutputFull, &node.dispatcher, at: now), node)
        node.hasHeard = true
        let asked = node.core.prefetchInQuestion(at: now)
        if !asked.isEmpty {
            handle(.prefetched(asked.reduce(into: [:]) { $0[$1] = prefetch(of: $1, node) }), node)
        }
        guard !node.client.paused.isEmpty, node.look({ $0.backpressure.isFlowing }) else { return }
        let stuck = node.core.owned.intersection(node.client.paused).filter { keeps(node, $0) <= nearlyUsedUp }
        check(stuck.isEmpty, "node \(node.id) takes, and \(stuck.sorted()) are paused with nothing kept")
    }

    private var nearlyUsedUp: Int { SimulatedClient.nearlyUsedUp }
    private func keeps(_ node: SimulatedNode, _ partition: Int32) -> Int { node.client.kept[partition]?.count ?? 0 }

    private func prefetch(of partition: Int32, _ node: SimulatedNode) -> PartitionPrefetch {
        let queued = node.client.prefetched(partition, shownEnd: kafka.logs[Int(partition)].shownEnd)
        return PartitionPrefetch(
            queued: queued, cameTo: (node.client.positions[partition] ?? 0) + Int64(queued),
            isComplete: node.client.coming[partition] == nil || queued == SimulatedClient.mostPrefetched,
            isNearlyUsedUp: keeps(node, partition) <= nearlyUsedUp)
    }

    /// What is prefetched is kept; what is still under way is thrown away.
    func pause(_ partitions: [Int32], _ node: SimulatedNode) {
        count(.pause)
        for partition in partitions {
            let patience = node.client.coming[partition]?.since.adding(milliseconds: FetchWatch.patienceMs)
            let log = kafka.logs[Int(partition)]
            let queued = node.client.prefetched(partition, shownEnd: log.shownEnd)
            // Nothing more comes into a queue that is full.
            check(
                patience.map { now >= $0 } ?? true || queued == SimulatedClient.mostPrefetched,
                "node \(node.id) pauses \(partition) while more is coming")
            for _ in 0..<queued {
                let offset = node.client.positions[partition, default: 0]
                node.client.kept[partition, default: []].append((offset, log.digest(at: offset)))
                node.client.positions[partition] = offset + 1
                node.client.soughtFrom[partition] = nil
            }
            node.client.seeks[partition] = nil
            if let before = node.client.soughtFrom[partition] { node.client.positions[partition] = before }
        }
        node.client.paused.formUnion(partitions)
    }

    /// Returns how many records the client had.
    private func take(_ limit: Int, from partition: Int32, _ node: SimulatedNode) -> Int {
        check(
            node.client.positions[partition] != nil, "node \(node.id) takes from \(partition), which it does not have")
        var steps: [Step] = []
        var count = 0
        while count < limit, let (offset, digest) = next(of: partition, node) {
            node.lastTaken[partition] = offset
            count += 1
            if let step = take(partition, offset, digest, node) { steps.append(step) }
        }
        guard !steps.isEmpty else { return count }
        node.core.tell(&node.dispatcher)
        calls += 1
        node.asleep.subtract(node.dispatcher.admit(steps))
        return count
    }

    /// What was kept comes before what is fetched.
    private func next(of partition: Int32, _ node: SimulatedNode) -> (offset: Int64, digest: Int)? {
        if keeps(node, partition) > 0 {
            count(.takenOfKept)
            return node.client.kept[partition]?.removeFirst()
        }
        let log = kafka.logs[Int(partition)]
        guard let offset = node.client.positions[partition], log.hasLeader, !node.client.unstable.contains(partition),
            node.client.prefetched(partition, shownEnd: log.shownEnd) > 0
        else { return nil }
        node.client.positions[partition] = offset + 1
        node.client.soughtFrom[partition] = nil
        return (offset, log.digest(at: offset))
    }

    private func take(_ partition: Int32, _ offset: Int64, _ digest: Int, _ node: SimulatedNode) -> Step? {
        let size = Int.random(in: 0...600, using: &random)
        calls += 1
        switch node.core.take(partition: partition, offset: offset, digest: UInt64(digest), bytes: size) {
        case .skip, .repeated: return nil
        case .logChanged(let seek):
            noteChanged(partition, node)
            checkStored(node)
            count(.logFoundChanged)
            note("node \(node.id) finds another record at \(partition)-\(offset), seeks \(seek ?? -1)")
            guard let seek else { return take(partition, offset, digest, node) }
            self.seek(partition, to: seek, node)
            return nil
        case .run(let coordinates, let token, let failures):
            node.noteTaken(token, digest, bytes: size)
            noteTaken(partition, digest, node)
            checkFailures(failures, partition, offset, node)
            let step = step(coordinates, token, digest, failures: failures)
            node.core.plan(InFlightRequest(step, recordTime: nil))
            guard random.chance(3) else {
                if step.lane != nil { node.unpublished.append(step) }
                return step
            }
            let parts: [MessagePart] = [.resultOfTwo, .deadLetter].shuffled(using: &random)
            send(SimulatedMessage(token: token, digest: digest, parts: parts), node)
            return nil
        }
    }

    /// What the last commit says of the record's failures is not forgotten.
    private func checkFailures(_ failures: Int, _ partition: Int32, _ offset: Int64, _ node: SimulatedNode) {
        let log = kafka.logs[Int(partition)]
        guard isOwner(node, of: partition), !node.unknown.contains(partition), !log.isDisturbed else { return }
        let stored = log.failures[offset] ?? 0
        if stored > 0 { count(.failureRemembered) }
        check(
            failures == stored,
            "record \(offset) of \(partition) is taken with \(failures) failures, and its commit says \(stored)")
    }

    func seek(_ partition: Int32, to offset: Int64, _ node: SimulatedNode) {
        node.client.forget(partition)
        node.client.seeks[partition] = offset
    }

    private func noteTaken(_ partition: Int32, _ digest: Int, _ node: SimulatedNode) {
        note("node \(node.id) takes \(digest) of \(partition)")
        let isOwner = isOwner(node, of: partition)
        if !isOwner { kafka.excuse(digest) }
        node.taken[partition, default: []].append(digest)
        let isKnown = isOwner && !node.unknown.contains(partition) && !kafka.logs[Int(partition)].isDisturbed
        check(
            !isKnown || !kafka.isCovered[digest],
            "record \(digest) of \(partition) runs again, though a commit says it is done")
    }
}
