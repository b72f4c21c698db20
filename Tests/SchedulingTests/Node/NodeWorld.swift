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
    let kafka = SimulatedKafka(partitions: 4)
    var group: SimulatedGroup
    var coordinatorMove: CoordinatorMove?
    /// In the order they were started in.
    var nodes: [SimulatedNode] = []
    private(set) var lastNode = 0
    /// By transactional id.
    var producers: [Int: SimulatedProducer] = [:]
    let isExactlyOnce: Bool
    /// Nodes and brokers fail, the network loses answers, members come and go.
    var hasFaults = true
    /// What has been cancelled: each node hears of it at once, one that starts of all of it.
    var cancels: [CancelOrder] = []
    var cancelled = CancelledRequests()
    /// Logs lose records. Where they never do, whoever thinks that one has is wrong.
    let cutsLogs: Bool
    let ordering: Ordering
    private let requests: [StrategyRequest]

    private(set) var violation: String?
    /// What the nodes have been given, each by a call of the core: inputs, records, what slots ask and say,
    /// acknowledgements. The unit of how fast the model is.
    var calls = 0
    /// How often the rules were looked at: after each turn of a consumer or a slot, each message, each fault.
    private(set) var looks = 0
    private(set) var events = 0
    private var counted = [Int](repeating: 0, count: Happening.allCases.count)
    /// What happened, where somebody wants to read it.
    var trace: [String]?

    init(seed: UInt64) throws {
        self.seed = seed
        random = SplitMix64(state: seed)
        isExactlyOnce = seed % 3 == 0
        kafka.isExactlyOnce = isExactlyOnce
        group = SimulatedGroup(isCooperative: random.chance(50))
        cutsLogs = random.chance(70)
        ordering = Ordering.allCases.randomElement(using: &random) ?? .unordered
        requests = try [[], [], [], ["a"], ["a", "b"]].enumerated().map { place, locks in
            let names = locks.map { "\"\($0)\"" }.joined(separator: ",")
            return try StrategyRequest.parse(
                Array(#"{"request_id":"\#(place)","strategy":{"name":"noop"},"locks":[\#(names)]}"#.utf8))
        }
        for _ in 0..<2 { startNode() }
    }

    func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds, violation == nil { violation = "event \(events): \(message())" }
    }

    func note(_ what: @autoclosure () -> String) { trace?.append(what()) }
    func count(_ what: Happening) { counted[what.rawValue] += 1 }
    func count(of what: Happening) -> Int { counted[what.rawValue] }
    func node(_ id: Int) -> SimulatedNode? { nodes.first { $0.id == id } }

    // MARK: Running

    /// Runs these events, and then lets everything end.
    func run(_ chosen: some Sequence<Int>) {
        for event in chosen where violation == nil {
            events = event
            random = SplitMix64(state: seed &+ UInt64(event) &* 0x9E37_79B9_7F4A_7C15)
            now = now.adding(
                milliseconds: random.chance(2) ? .random(in: 0...2000, using: &random) : random.chance(50) ? 1 : 0)
            advanceMoves()
            if isExactlyOnce { advanceTransactions() }
            self.event()
        }
        if violation == nil { settle() }
    }

    private func event() {
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<40: produce()
        case 40..<330: if let node = anyNode() { turn(node) }
        case 330..<640: if let node = anyNode() { slotTurn(node) }
        case 640..<970: if let node = anyNode() { deliver(node) }
        case 970..<990:
            clientWorks()
            nodes.forEach(look(at:))
        default:
            fault()
            nodes.forEach(look(at:))
        }
    }

    /// An event is over.
    func look(at node: SimulatedNode) {
        looks += 1
        check(node)
    }

    func anyNode() -> SimulatedNode? {
        nodes.randomElement(using: &random)
    }

    @discardableResult
    func startNode() -> SimulatedNode {
        lastNode += 1
        let node = SimulatedNode(lastNode, transactionalID: isExactlyOnce ? transactionalID() : nil, &random)
        for order in cancels { _ = node.dispatcher.cancel(order) }
        nodes.append(node)
        group.join(lastNode)
        note("node \(lastNode) starts")
        rebalance()
        return node
    }

    private func produce() {
        let partition = Int.random(in: kafka.logs.indices, using: &random)
        guard kafka.logs[partition].hasLeader else { return }
        kafka.append(.random(in: 1...20, using: &random), to: partition)
        note("records in \(partition), to \(kafka.logs[partition].end)")
        wakeReaders(of: partition)
    }

    /// The clock of producers and brokers.
    var wallTime: Timestamp { Timestamp(milliseconds: now.nanoseconds / 1_000_000) }

    func step(_ coordinates: RequestCoordinates, _ token: UInt64, _ digest: Int, failures: Int) -> Step {
        let request = requests[Int.random(in: requests.indices, using: &random)]
        let key = ordering != .key || digest % 4 == 0 ? nil : [UInt8(digest % 4)]
        let strategy = [0, 0, 0, 0, 1, 2, 3, 4].randomElement(using: &random) ?? 0
        return Step(
            request: request,
            origin: RequestOrigin(topic: "r", partition: coordinates.partition, offset: coordinates.offset, key: nil),
            coordinates: coordinates, lane: ordering.lane(partition: coordinates.partition, key: key),
            strategyIndex: strategy,
            limits: ResourceLimits(cpuPercent: 80, memoryMB: SimulatedNode.memoryMB, timeoutMs: 5000),
            arrivedAt: now, recordTime: wallTime, token: token, attempt: failures + 1, failureCount: failures)
    }

    // MARK: The end

    /// So long all must stay done: more than the longest time that a consumer thread sleeps.
    private static let quietMs = 3000
    /// What is not done by then never will be.
    private static let mostRounds = 20_000

    /// With no more faults everything ends: every record has its result, and every commit stands at its log's end.
    private func settle() {
        hasFaults = false
        note("no more faults")
        advanceMoves()
        for partition in kafka.logs.indices where kafka.logs[partition].isCutUnnoticed {
            // A record comes, so that it is read.
            kafka.append(1, to: partition)
            noticeCut(partition)
        }
        for node in nodes {
            node.isOutputFull = false
            node.wakeConsumer()
        }
        if nodes.isEmpty { startNode() }
        rebalance()
        var quietSince: MonotonicTime?
        for _ in 0..<Self.mostRounds where violation == nil {
            round()
            quietSince = isAllDone ? quietSince ?? now : nil
            if let quietSince, now >= quietSince.adding(milliseconds: Self.quietMs) { break }
        }
        checkAllDone()
    }

    /// Everybody does what there is to do, and time passes.
    private func round() {
        advanceTransactions()
        let busy = nodes.filter { $0.isBusy(at: now) }
        clientWorks()
        for node in busy {
            if !node.isConsumerAsleep || now >= node.consumerDeadline || node.client.hasNews { turn(node) }
            // A slot runs many a step while a consumer sleeps.
            for _ in 0..<4 {
                for slot in node.hosts.indices where !node.asleep.contains(slot) { slotTurn(node, slot) }
                for _ in 0..<node.messages.count { deliver(node) }
                transactionWorks(node)
            }
        }
        now = now.adding(milliseconds: busy.isEmpty ? 500 : 1)
    }

    private var isAllDone: Bool {
        !group.isRebalancing && nodes.allSatisfy { $0.core.inFlight.isEmpty && $0.commits.isEmpty }
            && producers.values.allSatisfy { $0.open == nil }
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
        for node in nodes {
            let load = node.core.inFlight.load.count
            check(load == 0, "node \(node.id) has \(load) in flight at the end")
        }
        check(!group.isRebalancing, "the rebalance does not end")
    }
}
