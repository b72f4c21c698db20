import Messages

@testable import Scheduling

/// Nodes that deliver exactly once: their producers of transactions, and the coordinators these talk to.
extension NodeWorld {
    static let transactionTimeoutMs = 3000

    static func transactions(ofNode id: Int) -> TransactionSettings {
        TransactionSettings(
            intervalMs: 20, timeoutMs: transactionTimeoutMs, enoughRequests: 10, mostBytes: 4000,
            firstMark: TransactionMark(UInt64(id) << 32))
    }

    /// That of a node that is gone, so that who comes after it finds what it has left open; seldom another, or, by
    /// mistake, one that is in use.
    func transactionalID() -> Int {
        let used = Set(nodes.map(\.transactionalID))
        if hasFaults, random.chance(5), let one = used.randomElement(using: &random) { return one }
        if random.chance(10) { return 10 + lastNode }
        return (0...).first { !used.contains($0) } ?? 0
    }

    // MARK: Messages

    /// The consumer thread takes what slots have published since its last turn.
    func takePublished(_ node: SimulatedNode) {
        let messages = node.buffer
        node.buffer = []
        for message in messages {
            for part in message.parts {
                calls += 1
                let size = message.digest % 7 * 100
                guard node.core.published(message.token, part, .completed, bytes: size) else { break }
                node.published[message.token] = message.digest
            }
        }
        node.hasHeard = true
    }

    func drop(_ tokens: [UInt64], _ node: SimulatedNode) {
        for token in tokens {
            node.published[token] = nil
            node.noteLeft(token)
        }
    }

    func settled(_ node: SimulatedNode) {
        for request in node.core.takeSettled() {
            check(
                node.published[request.token] != nil,
                "node \(node.id) settles \(request.token), which was not published")
            drop([request.token], node)
        }
    }

    // MARK: Calls

    func ask(_ call: TransactionCall, _ number: UInt64, _ node: SimulatedNode) {
        check(node.client.call == nil, "node \(node.id) asks its producer for two things at once")
        node.client.call = (number, call, node.client.generation, kafka.states(of: call.parts))
    }

    /// A call is made, or goes on.
    func transactionWorks(_ node: SimulatedNode) {
        guard let (number, call, generation, logs) = node.client.call else { return }
        node.client.call = nil
        calls += 1
        // No broker knows which log a commit is about, and neither could the model.
        let isStale = logs != kafka.states(of: call.parts)
        let answer = isStale ? .abortable : make(call, generation, node)
        note("node \(node.id) \(call.name): \(answer)")
        // Whether it is known when the commit is answered or later.
        let hasRefusal = node.hasRefusal && (call == .abort || call == .commit && random.chance(50))
        node.client.inbox.append(.transactionAnswered(number: number, answer, hasRefusal: hasRefusal))
        node.wakeConsumer()
    }

    private func make(_ call: TransactionCall, _ generation: Int, _ node: SimulatedNode) -> TransactionAnswer {
        if coordinatorMove != nil, random.chance(70) { return .again }
        if hasFaults, random.chance(6) {
            let isAborting = call == .abort || !call.isOfTransaction
            return random.chance(70) ? .again : random.chance(50) || isAborting ? .fatal : .abortable
        }
        let answer = answer(to: call, generation, node)
        // What was done is done, though the answer is lost.
        return answer == .done && hasFaults && random.chance(8) ? random.chance(70) ? .again : .fatal : answer
    }

    private func answer(
        to call: TransactionCall, _ generation: Int, _ node: SimulatedNode
    ) -> TransactionAnswer {
        let id = node.transactionalID
        guard call.isOfTransaction else {
            guard producers[id]?.open?.isCommitted != true else { return .again }
            end(id, committed: false)
            producers[id, default: SimulatedProducer()].epoch += 1
            node.epoch = producers[id]?.epoch ?? 0
            return .done
        }
        guard let producer = producers[id], producer.epoch == node.epoch else {
            count(.transactionFenced)
            return .fenced
        }
        switch call {
        case .open: return .fatal
        case .begin(let tokens): return begin(tokens, id, node)
        case .addOffsets(let parts):
            guard let open = producer.open else { return .fenced }
            if open.hasRefusal, random.chance(50) { return .abortable }
            guard group.accepts(node.id, generation: generation), !node.client.isFenced else { return .abortable }
            producers[id]?.open?.parts = parts
            producers[id]?.open?.logs = kafka.states(of: parts)
            producers[id]?.open?.knowsAll = Set(parts.map(\.partition)).subtracting(node.unknown)
            return .done
        case .commit:
            guard let open = producer.open else { return producer.wasCommitted ? .done : .fenced }
            if open.hasRefusal, !open.isCommitted { return .abortable }
            producers[id]?.open?.isCommitted = true
            // The markers take their time.
            guard !hasFaults || random.chance(80) else { return .again }
            end(id, committed: true)
            return .done
        case .abort:
            check(producer.open?.isCommitted != true, "node \(node.id) aborts what it has committed")
            end(id, committed: false)
            return .done
        }
    }

    private func begin(_ tokens: [UInt64], _ id: Int, _ node: SimulatedNode) -> TransactionAnswer {
        check(producers[id]?.open == nil, "node \(node.id) begins a transaction within another")
        let digests = tokens.compactMap { node.published[$0] }
        check(digests.count == tokens.count, "node \(node.id) publishes what it has dropped")
        var open = SimulatedProducer.Open(digests: digests, since: now)
        let refused = digests.filter { $0 % 150 == 7 && !node.replaced.contains($0) }
        open.hasRefusal = !refused.isEmpty
        if open.hasRefusal { count(.transactionRefused) }
        node.hasRefusal = open.hasRefusal
        // By itself it is known for what it is: another form of it is published.
        if digests.count == 1 { node.replaced.formUnion(refused) }
        producers[id]?.open = open
        return .done
    }

    // MARK: The coordinators

    /// What is decided is written, and what takes too long is aborted.
    func advanceTransactions() {
        for (id, producer) in producers.sorted(by: { $0.key < $1.key }) {
            guard let open = producer.open else { continue }
            if open.isCommitted {
                if !hasFaults || random.chance(20) { end(id, committed: true) }
            } else if now.milliseconds(since: open.since) > Double(Self.transactionTimeoutMs) {
                note("the transaction of \(id) takes too long")
                count(.transactionTimedOut)
                end(id, committed: false)
                producers[id]?.epoch += 1
            }
        }
    }

    private func end(_ id: Int, committed: Bool) {
        guard let open = producers[id]?.open else { return }
        producers[id]?.open = nil
        producers[id]?.wasCommitted = committed
        note("the transaction of \(id) is \(committed ? "committed" : "aborted")")
        count(committed ? .transactionCommitted : .transactionAborted)
        guard committed else { return }
        for digest in open.digests {
            kafka.addResult(digest)
            kafka.noteDone(digest)
            let (results, excuses) = (kafka.results[digest], kafka.excuses[digest])
            check(results <= 1 || excuses > 0, "record \(digest) has \(results) results")
        }
        for part in open.parts {
            guard !open.void.contains(part.partition) else {
                kafka.storeVoid(part)
                continue
            }
            note("\(part.partition) is committed at \(part.position.value) by \(id)")
            let problem = kafka.store(part, knowsAll: open.knowsAll.contains(part.partition))
            check(problem == nil, "transaction of \(id): \(problem ?? "")")
        }
    }

    /// The log of a partition is known to be another: what a transaction that is not over says of it is about one that is gone,
    /// and the next commit goes back.
    func forgetOffsets(of partition: Int32) {
        for (id, producer) in producers {
            guard let open = producer.open, let place = open.parts.firstIndex(where: { $0.partition == partition }),
                kafka.isGone(open.logs[place], of: partition)
            else { continue }
            producers[id]?.open?.void.insert(partition)
        }
    }

    /// The partition moves (`SimulatedKafka.forgetCut`): what a transaction that is not over says of a log that is gone is
    /// forgotten with what was committed of it.
    func forgetCut(_ partition: Int) {
        if kafka.logs[partition].cut != nil { forgetOffsets(of: Int32(partition)) }
        kafka.forgetCut(partition)
    }

    /// Whether a transaction that is not over has offsets of the partition: what is committed of it is told to nobody.
    func isUnstable(_ partition: Int32) -> Bool {
        isExactlyOnce
            && producers.values.contains { producer in
                producer.open?.parts.contains { $0.partition == partition } ?? false
            }
    }

    /// Whether the log of a partition is of one that is committed at this moment: the model does not know which log such
    /// a commit would be about.
    func isInTransaction(_ partition: Int32) -> Bool {
        isUnstable(partition) || nodes.contains { $0.client.unstable.contains(partition) }
    }

    /// Clients begin to read where nothing is undecided any more.
    func beginReading(_ node: SimulatedNode) {
        for partition in node.client.unstable where !isUnstable(partition) {
            node.client.unstable.remove(partition)
            beginReading(partition, node)
        }
    }
}

extension TransactionCall {
    fileprivate var parts: [PartitionCommit] {
        if case .addOffsets(let parts) = self { parts } else { [] }
    }

    fileprivate var name: String {
        switch self {
        case .open: "opens a producer"
        case .begin(let tokens): "begins a transaction of \(tokens.count)"
        case .addOffsets(let parts): "adds \(parts.map { "\($0.partition):\($0.position.value)" })"
        case .commit: "commits"
        case .abort: "aborts"
        }
    }
}
