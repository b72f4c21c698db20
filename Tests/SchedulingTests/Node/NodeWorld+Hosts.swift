import Messages

@testable import Scheduling

/// The slots of a node and their hosts, and the messages that come of their steps.
extension NodeWorld {
    func slotTurn(_ node: SimulatedNode) {
        let awake = SimulatedNode.slotCount - node.asleep.count
        guard awake > 0 else { return }
        var left = Int.random(in: 0..<awake, using: &random)
        for slot in node.hosts.indices where !node.asleep.contains(slot) {
            if left == 0 { return slotTurn(node, slot) }
            left -= 1
        }
    }

    func slotTurn(_ node: SimulatedNode, _ slot: Int) {
        let hadSteps = !node.hosts[slot].isEmpty
        if node.killed.remove(slot) {
            loseHost(node, slot, killed: true)
        } else if let step = node.hosts[slot].first {
            run(step, node, slot)
        }
        // A host takes its time to start: others may come first to what it has lost.
        if node.hosts[slot].isEmpty, !hadSteps || random.chance(60) { ask(node, slot) }
        checkHost(node, slot)
        look(at: node)
    }

    private func ask(_ node: SimulatedNode, _ slot: Int) {
        if random.chance(3) { node.asleep.subtract(node.dispatcher.noteStarting(slot: slot)) }
        calls += 1
        let assignment = node.dispatcher.next(for: slot, at: now)
        node.wake(assignment.wakes)
        switch assignment {
        case .run(let step, let ahead, _):
            checkBegins(step, node)
            node.hosts[slot].append(step)
            writeAhead(ahead, to: slot, node)
        case .refuse(let step, let refusal, _):
            if refusal == .cancelled { count(.cancelled) }
            end(step, node, slot, .unknown)
        case .wait, .stop:
            node.asleep.insert(slot)
            if node.look({ $0.queue.lanes.blockedCount > 0 }) { count(.waitedInLane) }
        }
    }

    private func checkBegins(_ step: Step, _ node: SimulatedNode) {
        let partition = step.coordinates.partition
        let first = node.generations[partition] ?? .max
        check(
            node.core.owned.contains(partition) && step.coordinates.generation >= first,
            "node \(node.id) begins a step of \(partition), which it has given up")
        let due = node.failed[step.token]?.due
        check(due.map { now >= $0 } ?? true, "node \(node.id) begins a step that has failed before its time")
        check(!cancelled.cover(step), "node \(node.id) begins a step that was cancelled")
        let most = SimulatedNode.retries.crashed
        check(step.failureCount < most, "node \(node.id) begins a step that has failed \(step.failureCount) times")
        checkOrder(step, node)
    }

    /// What was taken of the lane before it, under the same assignment, has its result.
    private func checkOrder(_ step: Step, _ node: SimulatedNode) {
        guard step.lane != nil else { return }
        let earlier = node.unpublished.first {
            $0.lane == step.lane && $0.token < step.token
                && $0.coordinates.generation == step.coordinates.generation && node.isInFlight($0.token)
        }
        guard let earlier else { return }
        check(false, "node \(node.id) runs \(step.coordinates) before \(earlier.coordinates) of its lane")
    }

    private func writeAhead(_ steps: [Step], to slot: Int, _ node: SimulatedNode) {
        guard !steps.isEmpty else { return }
        count(.writtenAhead)
        if steps.contains(where: { step in step.lane != nil && node.hosts[slot].contains { $0.lane == step.lane } }) {
            count(.followedInLane)
        }
        node.hosts[slot] += steps
        check(!steps.contains(where: cancelled.cover), "a step that was cancelled is written behind another")
        check(steps.allSatisfy { $0.attempt == 1 }, "a step that was lost once is written behind another")
    }

    private func checkHost(_ node: SimulatedNode, _ slot: Int) {
        let (known, actual) = (node.look { $0.slots.flight(of: slot) }, node.hosts[slot])
        let isKnown =
            actual.first === known?.step && actual.dropFirst().elementsEqual(known?.behind ?? []) { $0 === $1 }
        check(isKnown, "slot \(slot) of node \(node.id) is not thought to have \(actual.map(\.token))")
    }

    /// The step that runs takes long: what is written behind it is run by others.
    private func takeBack(_ node: SimulatedNode, _ slot: Int) {
        node.hosts[slot].removeSubrange(1...)
        count(.takenBack)
        calls += 1
        node.wake(node.dispatcher.takeBack(slot: slot))
    }

    private func run(_ step: Step, _ node: SimulatedNode, _ slot: Int) {
        if node.hosts[slot].count > 1, random.chance(5) { return takeBack(node, slot) }
        switch HostConduct(strategy: step.strategyIndex) {
        case .short, .long: random.chance(3) && hasFaults ? loseHost(node, slot, killed: false) : answer(node, slot)
        case .dying: random.chance(40) ? loseHost(node, slot, killed: false) : answer(node, slot)
        case .lying: random.chance(30) ? babble(node, slot) : answer(node, slot)
        case .stuck: if !hasFaults || random.chance(10) { timeOut(node, slot) }
        }
    }

    private func answer(_ node: SimulatedNode, _ slot: Int) {
        let steps = node.hosts[slot]
        let stuck = steps.firstIndex { HostConduct(strategy: $0.strategyIndex) == .stuck } ?? steps.count
        let count = Int.random(in: 1...max(1, stuck), using: &random)
        var retries: [Int: Retry] = [:]
        var times: [Int64] = []
        for place in 0..<count {
            let step = steps[place]
            times.append(HostConduct(strategy: step.strategyIndex).nanoseconds)
            if mayBeTriedAgain(step), random.chance(30), let retry = retry(step, .failed, node) {
                retries[place] = retry
            } else {
                publish(step, node)
            }
        }
        calls += 1
        let (more, wakes) = node.dispatcher.finishAnswered(
            slot: slot, tookNanoseconds: times, retries: retries, mayTakeMore: random.chance(70), at: now)
        node.wake(wakes)
        if wakes.endsHost { node.kill([slot]) }
        node.hosts[slot] = count == steps.count ? [] : Array(steps[count...])
        check(more.isEmpty || !node.hosts[slot].isEmpty, "steps are written ahead to a host that runs none")
        writeAhead(more, to: slot, node)
    }

    private func mayBeTriedAgain(_ step: Step) -> Bool { HostConduct(strategy: step.strategyIndex) == .long }

    /// nil: its end is its result.
    private func retry(_ step: Step, _ status: ResultStatus, _ node: SimulatedNode) -> Retry? {
        let delay = SimulatedNode.retries.delayMs(
            after: status, failures: step.failureCount + 1, spread: UInt64(step.coordinates.offset))
        guard let delay, node.dispatcher.takeRetry(of: step.strategyIndex) else { return nil }
        count(.delayed)
        let due = now.adding(milliseconds: delay)
        node.failed[step.token] = (step.coordinates, step.failureCount + 1, due)
        return Retry(
            at: due,
            after: FailedAttempt(
                attempt: step.attempt, status: status, code: "", message: "", endedAt: Timestamp(milliseconds: 0)))
    }

    private func timeOut(_ node: SimulatedNode, _ slot: Int) {
        settle(AttemptEnd(.timedOut), .breach, node, slot)
    }

    private func babble(_ node: SimulatedNode, _ slot: Int) {
        settle(AttemptEnd(.babbled, after: random.chance(50) ? .underWay : .nothing), .crash, node, slot)
    }

    private func loseHost(_ node: SimulatedNode, _ slot: Int, killed: Bool) {
        guard !node.hosts[slot].isEmpty else {
            node.asleep.subtract(node.dispatcher.noteStarting(slot: slot))
            return
        }
        let before: AttemptEnd.Before = random.chance(50) ? .underWay : .answered
        settle(AttemptEnd(.gone, isDelivered: random.chance(80), after: before), .crash, node, slot)
    }

    /// The host is gone: what it ran has that for its end, or is run again; what was written ahead is run again.
    private func settle(_ end: AttemptEnd, _ conduct: Conduct, _ node: SimulatedNode, _ slot: Int) {
        let step = node.hosts[slot][0]
        var end = end
        end.ending = node.isAbandoned ? .withNode : node.look { $0.ending(slot: slot) }
        node.hosts[slot] = []
        calls += 1
        switch Disposition.of(end, attempt: step.blamelessAttempt) {
        case .publish:
            if end.ending == .cancelled {
                count(.cancelledRunning)
                self.end(step, node, slot, .unknown)
            } else if let retry = retry(step, end.kind == .timedOut ? .timedOut : .crashed, node) {
                node.wake(node.dispatcher.putBack(slot: slot, .again(.later(retry)), conduct, at: now).1)
            } else {
                self.end(step, node, slot, conduct)
            }
        case let disposition:
            count(.runAgain)
            node.wake(node.dispatcher.putBack(slot: slot, disposition, at: now).1)
        }
        node.asleep.subtract(node.dispatcher.noteStarting(slot: slot))
    }

    private func end(_ step: Step, _ node: SimulatedNode, _ slot: Int, _ conduct: Conduct) {
        publish(step, node)
        calls += 1
        node.wake(node.dispatcher.finish(slot: slot, conduct, at: now))
    }

    private func publish(_ step: Step, _ node: SimulatedNode) {
        guard let digest = node.digest(of: step.token) else {
            return check(false, "node \(node.id) publishes \(step.coordinates), which is not in flight")
        }
        checkOrder(step, node)
        if step.lane != nil, let place = node.unpublished.firstIndex(where: { $0.token == step.token }) {
            node.unpublished.remove(at: place)
        }
        // What is published no more leaves with the node.
        let parts: [MessagePart] = node.isAbandoned ? [] : [.result]
        send(SimulatedMessage(token: step.token, digest: digest, parts: parts), node)
    }

    func send(_ message: SimulatedMessage, _ node: SimulatedNode) {
        guard isExactlyOnce, !message.parts.isEmpty else { return node.messages.append(message) }
        node.buffer.append(message)
        node.wakeConsumer()
    }

    // MARK: Messages

    /// One of the node's messages comes to the broker, or its acknowledgement to the node.
    func deliver(_ node: SimulatedNode) {
        if isExactlyOnce {
            transactionWorks(node)
            return look(at: node)
        }
        guard let index = node.messages.indices.randomElement(using: &random),
            let part = node.messages[index].next
        else { return }
        let (token, digest) = (node.messages[index].token, node.messages[index].digest)
        guard kafka.resultLeaderless[kafka.resultPlace(of: digest)] == nil else { return }
        defer { look(at: node) }
        if !node.messages[index].isStored {
            if part != .deadLetter { kafka.addResult(digest) }
            node.messages[index].isStored = true
            if hasFaults, random.chance(30) { return }
        }
        node.messages[index].isStored = false
        // The acknowledgement is lost: the client sends the message once more.
        if hasFaults, random.chance(2) { return kafka.excuse(digest) }
        node.messages[index].acknowledged += 1
        let isLast = node.messages[index].next == nil
        if isLast {
            node.messages.remove(at: index)
            kafka.noteDone(digest)
        }
        calls += 1
        let isDone = node.core.acknowledge(token, part, .completed) != nil
        if isDone { node.noteLeft(token) }
        check(isDone == isLast, "record \(digest) is done: \(isDone)")
        node.wakeConsumer()
    }
}
