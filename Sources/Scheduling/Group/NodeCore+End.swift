/// The node's end.
extension NodeCore {
    /// What the commit may take once the drain is over, and after it the group's answer: together 4 s. Where the commit
    /// has had no answer, little is to be hoped for the other.
    private static let lastCommitMs = 3000
    private static let goodbyeMs = 1000

    mutating func beginDrain(_ drainMs: Int, _ dispatcher: inout Dispatcher, _ now: MonotonicTime) {
        guard case .running = phase else { return }
        dispatcher.isDrainAwaited = true
        let dropped = dispatcher.stop()
        abandon(dropped)
        phase = .draining(until: now.adding(milliseconds: isFailing ? 0 : drainMs))
        actions += [
            .wakeAllSlots, .tell(.draining(running: dispatcher.runningCount, abandoned: dropped.count)),
        ]
    }

    /// What is not done runs again elsewhere.
    mutating func fail(_ now: MonotonicTime) {
        isFailing = true
        // A drain that is under way would wait for what can no longer be published.
        if case .draining = phase { phase = .draining(until: now) }
    }

    mutating func advanceEnd(
        _ surroundings: NodeInput.Surroundings, _ dispatcher: inout Dispatcher, _ now: MonotonicTime
    ) {
        switch phase {
        case .running, .ended: break
        case .draining(let until):
            if inFlight.isEmpty || now >= until { finishDrain(surroundings, &dispatcher, now) }
        case .committing(let until):
            let isPending = isTransactional ? hasToTransact() : commits.isPending
            if !isPending || now >= until { leave(until: max(until, now), &dispatcher, now) }
        case .leaving(let until):
            if surroundings.isClosed || now >= until { phase = .ended }
        }
    }

    private mutating func finishDrain(
        _ surroundings: NodeInput.Surroundings, _ dispatcher: inout Dispatcher, _ now: MonotonicTime
    ) {
        if !inFlight.isEmpty { actions += [.tell(.drainOver(requests: inFlight.load.count)), .abandonRunning] }
        let end = now.adding(milliseconds: Self.lastCommitMs)
        let mayCommit = !isFailing && !surroundings.assignmentLost
        // One that is on its way is waited for as well.
        guard mayCommit, isTransactional ? hasToTransact() : commit(of: nil, now) || commits.isPending else {
            return leave(until: end, &dispatcher, now)
        }
        phase = .committing(until: end)
    }

    private mutating func leave(until end: MonotonicTime, _ dispatcher: inout Dispatcher, _ now: MonotonicTime) {
        phase = .leaving(until: end.adding(milliseconds: Self.goodbyeMs))
        // The group waits for the answer to a revocation that is under way; its commit was part of the last one.
        if let revocation = group.revocation, !PlantedBug.leavesRevocationUnanswered.isPlanted {
            giveUp(revocation.partitions, isLost: false, &dispatcher, now)
        }
        group.leave()
        actions.append(.leave)
    }
}
