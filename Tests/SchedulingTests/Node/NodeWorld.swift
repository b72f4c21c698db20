import Messages

@testable import Scheduling

/// Several whole nodes against a model of Kafka and of hosts, in one thread and in virtual time. Every rule of the
/// design is looked at after every event; a seed replays a run.
///
/// Each event draws from a generator of its own, so that a run from which events are left out goes on as before.
final class NodeWorld {
    let seed: UInt64
    var random: SplitMix64
    var now = MonotonicTime(nanoseconds: 0)
    var kafka = SimulatedKafka(partitions: 4)
    var group: SimulatedGroup
    var nodes: [Int: SimulatedNode] = [:]
    private var lastNode = 0
    /// Nodes and brokers fail, the network loses answers, members come and go.
    var hasFaults = true
    private let requests: [StrategyRequest]

    private(set) var violation: String?
    /// Inputs, records, slot calls and acknowledgements that the nodes have been given.
    var calls = 0
    private(set) var events = 0
    var counts: [String: Int] = [:]
    /// What happened, where somebody wants to read it.
    var trace: [String]?

    init(seed: UInt64) throws {
        self.seed = seed
        random = SplitMix64(state: seed)
        group = SimulatedGroup(isCooperative: random.chance(50))
        requests = try [[], [], [], ["a"], ["a", "b"]].map { locks in
            let names = locks.map { "\"\($0)\"" }.joined(separator: ",")
            return try StrategyRequest.parse(
                Array(#"{"request_id":"r","strategy":{"name":"noop"},"locks":[\#(names)]}"#.utf8))
        }
        for _ in 0..<2 { startNode() }
    }

    func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds, violation == nil { violation = "event \(events): \(message())" }
    }

    func note(_ what: @autoclosure () -> String) { trace?.append(what()) }
    func count(_ what: String) { counts[what, default: 0] += 1 }

    // MARK: Running

    /// Runs these events, and then lets everything end.
    func run(_ chosen: some Sequence<Int>) {
        for event in chosen where violation == nil {
            events = event
            random = SplitMix64(state: seed &+ UInt64(event) &* 0x9E37_79B9_7F4A_7C15)
            now = now.adding(
                milliseconds: random.chance(2) ? .random(in: 0...2000, using: &random) : random.chance(50) ? 1 : 0)
            self.event()
        }
        if violation == nil { settle() }
    }

    private func event() {
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<40: produce()
        case 40..<330: onAnyNode { turn($0) }
        case 330..<640: onAnyNode { slotTurn($0) }
        case 640..<970: onAnyNode { deliver($0) }
        case 970..<990: clientWorks()
        default: fault()
        }
    }

    private func onAnyNode(_ body: (SimulatedNode) -> Void) {
        guard let node = anyNode() else { return }
        body(node)
        check(node)
    }

    func anyNode() -> SimulatedNode? {
        nodes.keys.sorted().randomElement(using: &random).flatMap { nodes[$0] }
    }

    @discardableResult
    func startNode() -> SimulatedNode {
        lastNode += 1
        let node = SimulatedNode(lastNode, &random)
        nodes[lastNode] = node
        group.join(lastNode)
        note("node \(lastNode) starts")
        rebalance()
        return node
    }

    private func produce() {
        let partition = Int.random(in: kafka.logs.indices, using: &random)
        kafka.append(.random(in: 1...20, using: &random), to: partition)
        note("records in \(partition), to \(kafka.logs[partition].end)")
        for node in nodes.values where node.client.positions[Int32(partition)] != nil { node.wakeConsumer() }
    }

    func step(_ coordinates: RequestCoordinates, _ token: UInt64, attempt: Int = 1) -> Step {
        let request = requests.randomElement(using: &random) ?? requests[0]
        let strategy = [0, 0, 0, 0, 1, 2, 3, 4].randomElement(using: &random) ?? 0
        return Step(
            request: request,
            origin: RequestOrigin(topic: "r", partition: coordinates.partition, offset: coordinates.offset, key: nil),
            coordinates: coordinates, strategyIndex: strategy,
            limits: ResourceLimits(cpuPercent: 80, memoryMB: SimulatedNode.memoryMB, timeoutMs: 5000),
            arrivedAt: now, token: token, attempt: attempt)
    }

    // MARK: What must hold of a node, always

    private func check(_ node: SimulatedNode) {
        node.prune()
        let (load, name) = (node.core.inFlight.load, node.id)
        let depth = node.dispatcher.depth
        check(depth <= SimulatedNode.queueDepth, "node \(name) has \(depth) queued")
        check(load.count <= SimulatedNode.maxInFlight, "node \(name) has \(load.count) in flight")
        check(load.bytes == node.bytes, "node \(name) counts \(load.bytes) bytes in flight, and they are \(node.bytes)")
        let known = node.dispatcher.inFlight
        check(node.core.hasToTell || known == load, "the dispatcher of \(name) knows of \(known), in flight is \(load)")
        // Nothing in flight is nowhere, and nothing that is somewhere has left.
        let held = node.heldCount
        check(load.count == held, "node \(name) has \(load.count) in flight, and \(held) are queued, run or published")
        let owned = node.core.owned
        let read = node.client.positions
        let isAssigned = owned.count == read.count && owned.allSatisfy { read[$0] != nil }
        check(isAssigned, "node \(name) thinks it has \(owned.sorted()), its client reads \(read.keys.sorted())")
        let (paused, told) = (node.core.paused, node.client.paused)
        let isPaused = owned.allSatisfy { paused.contains($0) == told.contains($0) }
        check(isPaused, "node \(name) thinks \(paused.sorted()) are paused, and \(told.sorted()) are")
        let mustPause = node.dispatcher.backpressure.isPaused
        check(!mustPause || owned.isSubset(of: paused), "node \(name) pauses, and only \(paused.sorted()) are paused")
        checkStored(node)
        let running = node.dispatcher.runningCount * SimulatedNode.memoryMB
        let given = node.dispatcher.admission.resources.givenMB
        check(given == running, "node \(name) has given \(given) MB to steps of \(running)")
    }

    /// What the broker has said to be stored is what the ledgers have, no more and no less.
    func checkStored(_ node: SimulatedNode) {
        for partition in node.core.owned {
            guard let ledger = node.core.book[partition] else { continue }
            let stored = node.knownPositions[partition]?[ledger.generation]
            check(
                ledger.committed == stored,
                "node \(node.id) was told of \(partition) that \(stored?.value ?? -1) is stored, and has another")
        }
    }

    // MARK: The end

    /// With no more faults everything ends: every record has its result, and every commit stands at its log's end.
    private func settle() {
        hasFaults = false
        note("no more faults")
        for partition in kafka.logs.indices where kafka.logs[partition].isCutUnnoticed {
            // A record comes, so that it is read.
            kafka.append(1, to: partition)
            noticeCut(partition)
        }
        for node in nodes.values {
            node.isOutputFull = false
            node.wakeConsumer()
        }
        if nodes.isEmpty { startNode() }
        rebalance()
        var idleRounds = 0
        for _ in 0..<200_000 where violation == nil && idleRounds < 3 {
            let busy = nodes.values.filter { $0.isBusy(at: now) }.sorted { $0.id < $1.id }
            clientWorks()
            for node in busy {
                if !node.isConsumerAsleep || now >= node.consumerDeadline || node.client.hasNews { turn(node) }
                for slot in node.hosts.indices where !node.asleep.contains(slot) { slotTurn(node, slot) }
                for _ in 0..<node.messages.count { deliver(node) }
                check(node)
            }
            now = now.adding(milliseconds: busy.isEmpty ? 500 : 1)
            idleRounds = busy.isEmpty && isAllDone ? idleRounds + 1 : 0
        }
        checkAllDone()
    }

    private var isAllDone: Bool {
        !group.isRebalancing && nodes.values.allSatisfy { $0.core.inFlight.isEmpty && $0.commits.isEmpty }
            && kafka.logs.allSatisfy { $0.start == $0.end }
    }

    private func checkAllDone() {
        for (partition, log) in kafka.logs.enumerated() {
            for offset in log.low..<max(log.low, log.end) {
                let count = kafka.results[log.digest(at: offset)]
                check(count >= 1, "\(partition)-\(offset) has no result at the end")
            }
            check(
                log.start == log.end,
                "the last commit of \(partition) is \(log.committed ?? -1), its log ends at \(log.end)")
        }
        for digest in kafka.results.indices {
            let (results, excuses) = (kafka.results[digest], kafka.excuses[digest])
            check(
                results <= excuses &+ 1 || excuses == .max,
                "record \(digest) has \(results) results and \(excuses) excuses")
        }
        for node in nodes.values {
            let load = node.core.inFlight.load.count
            check(load == 0, "node \(node.id) has \(load) in flight at the end")
        }
        check(!group.isRebalancing, "the rebalance does not end")
    }
}
