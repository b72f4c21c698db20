import Glibc
import Kafka
import Messages
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

/// Nodes that are killed, stopped and continued, or come and go, for as long as `FAULT_RUN_SECONDS` says (10), in every
/// ordering and mode of delivery: what comes of it is looked at from outside, by request and by lane.
///
/// As many nodes come as `FAULT_RUN_NODES` says (6); `FAULT_RUN_FAULTS` names the faults, with commas, should not all be
/// wanted, and `FAULT_RUN_DELIVERY` the mode of delivery; `FAULT_RUN_LOGS` a directory for the nodes' logs. Who can take brokers of the cluster down names a program in
/// `FAULT_RUN_CLUSTER`, which is called with `down N`, `up N`, `partitions TOPIC COUNT`, and `leaders TOPIC …` (every
/// partition of these topics gets another leader, while all brokers are up), and answers when that is done.
///
/// Without a real Kafka it runs only where `FAULT_RUN_SECONDS` is given, and does what the mock can: it has no
/// transactions, no other leaders and no more partitions later, and refuses every commit in a rebalance, so what is there
/// twice tells nothing.
@Suite(
    .machine(.nodes(6)), .serialized,
    .enabled(if: TestKafka.realBootstrap != nil || getenv("FAULT_RUN_SECONDS") != nil, "takes minutes"))
struct FaultRunTests {
    enum Fault: String, CaseIterable, Sendable {
        /// A node is killed, and started again under its name.
        case kill
        /// A node stands still until others have done what it had, and goes on.
        case stop
        /// A node comes, or one goes, every second, and nobody waits for that.
        case churn
        /// A broker goes down, with what it leads, and comes back.
        case broker
        /// All leaders of requests and results, and all coordinators, are other brokers at once; all stay up.
        case leaders
        /// The requests topic gets another partition.
        case partitions

        /// Whether it can be had here, and is wanted.
        var isToBeHad: Bool {
            let isPossible =
                switch self {
                case .kill, .stop, .churn: true
                case .broker, .leaders, .partitions: FaultRunTests.cluster != nil
                }
            return isPossible && FaultRunTests.wanted.map { $0.contains(Substring(rawValue)) } ?? true
        }
    }

    struct Mode: Sendable, CustomStringConvertible {
        let delivery: String
        let ordering: String
        var description: String { "\(delivery), \(ordering)" }

        private static let deliveries =
            TestKafka.realBootstrap == nil ? ["at_least_once"] : ["at_least_once", "exactly_once"]

        static let all = deliveries.flatMap { delivery in
            ["unordered", "key", "partition"].map { Mode(delivery: delivery, ordering: $0) }
        }.filter { mode in given("FAULT_RUN_DELIVERY").map { $0 == mode.delivery } ?? true }
    }

    private static func given(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static let seconds = given("FAULT_RUN_SECONDS").flatMap { Double($0) } ?? 10
    private static let nodes = given("FAULT_RUN_NODES").flatMap { Int($0) } ?? 6
    private static let cluster = given("FAULT_RUN_CLUSTER")
    private static let wanted = given("FAULT_RUN_FAULTS").map { $0.split(separator: ",") }
    private static let logs = given("FAULT_RUN_LOGS")
    private static let brokers = 3
    private static let perRound = 60

    private static let cases = Fault.allCases.filter(\.isToBeHad).flatMap { fault in Mode.all.map { (fault, $0) } }

    @Test(arguments: cases) func nothingIsLostOrOutOfOrder(fault: Fault, mode: Mode) async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: Self.nodes, replicas: nil)
            defer { kafka.close() }
            let run = try Run(kafka, mode, nodes: fault == .churn ? Self.nodes / 2 : 3)
            defer { run.killAll() }
            let end = MonotonicTime.now().adding(milliseconds: Int(Self.seconds * 1000))
            while MonotonicTime.now() < end {
                let next = fault == .churn ? MonotonicTime.now().adding(milliseconds: 1000) : nil
                try run.submit(Self.perRound)
                try run.awaitResults(beside: Self.perRound / 2, until: next)
                try run.meet(fault)
            }
            try run.awaitResults(beside: 0)
            try run.endAll()
            try check(kafka, run, fault, mode)
        }
    }

    private func check(_ kafka: TestKafka, _ run: Run, _ fault: Fault, _ mode: Mode) throws {
        let check = try FaultRunCheck(kafka.contents(kafka.topics.results), ordering: mode.ordering)
        let figures = "\(run.submitted) requests, \(run.faults) faults, \(check.twice) results twice"
        print("fault run: \(fault), \(mode): \(figures)")
        #expect(check.outcomes.count == run.submitted)
        #expect(check.outOfOrder == [])
        guard kafka.broker == nil else { return }
        let isExact = mode.delivery == "exactly_once"
        if [.broker, .leaders].contains(fault), !isExact {
            // Whom a crash of a broker met may have had as many as were in flight. Of librdkafka's idempotent producer by
            // itself (2.0.2 and 2.16) a broker that becomes the leader (3.6.2) takes a record again once in thousands.
            #expect(check.twice <= run.faults * 2 * Self.perRound)
        } else {
            #expect(check.inexcusable(isExact ? [] : run.crashes) == [])
        }
    }

    private static func tell(_ words: [String]) throws {
        guard let cluster else { return }
        let outcome = try CommandLineTool.run(cluster, words)
        guard outcome.status == 0 else { throw Failure("\(cluster) \(words): \(outcome.output)") }
    }

    /// The nodes of one run, and what they were given. One thread's.
    private final class Run {
        private let kafka: TestKafka
        private let settings: [String]
        private var nodes: [(name: Int, process: NodeProcess)] = []
        private var stopped: NodeProcess?
        /// Those that were told to end, and what nobody has waited for yet.
        private var leaving: [NodeProcess] = []
        private var lastName = 0
        private var partitions = FaultRunTests.nodes
        private(set) var submitted = 0
        private(set) var faults = 0
        private(set) var crashes: [FaultRunCheck.Crash] = []
        private let reader: TopicReader
        private var seen: Set<String> = []

        private let isExact: Bool

        init(_ kafka: TestKafka, _ mode: Mode, nodes count: Int) throws {
            self.kafka = kafka
            isExact = mode.delivery == "exactly_once"
            settings = [
                "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "delivery=\(mode.delivery)",
                "ordering=\(mode.ordering)", "rebalance.revokeDrainMs=10000",
            ]
            reader = try TopicReader(
                .reader(bootstrap: kafka.bootstrap, embedded: kafka.broker != nil),
                topics: [(kafka.topics.results, .beginning)])
            for _ in 0..<count { try start() }
        }

        deinit { reader.close() }

        private func start(_ name: Int? = nil) throws {
            if name == nil { lastName += 1 }
            let name = name ?? lastName
            let log = FaultRunTests.logs.map {
                open("\($0)/\(kafka.group)-\(name)", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            }
            defer { if let log { close(log) } }
            let node = try NodeProcess(
                kafka, settings + ["node.id=node-\(name)"], standard: log.map { .errors($0) } ?? .null)
            nodes.append((name, node))
        }

        func submit(_ count: Int) throws {
            let numbers = submitted..<submitted + count
            try kafka.submit(
                numbers.map { Array(request("r\($0)", "sleep", #"{"ms":\#($0 % 7)}"#).utf8) },
                keys: numbers.map { [UInt8($0 % 20)] })
            submitted += count
        }

        /// Waits until no more than so many have no result, or until then.
        func awaitResults(beside missing: Int, until: MonotonicTime? = nil) throws {
            try eventually("results are there") {
                while case .record(_, let record) = reader.next(timeoutMs: 20) {
                    let result = try JSONValue.parse(record.value ?? [])
                    if let id = result["request_id"]?.string { seen.insert(id) }
                }
                return until.map { MonotonicTime.now() >= $0 } ?? (seen.count >= submitted - missing)
            } explaining: {
                "of \(submitted) \(seen.count)"
            }
        }

        func meet(_ fault: Fault) throws {
            faults += 1
            let place = faults * 7 % nodes.count
            switch fault {
            case .kill:
                let node = nodes.remove(at: place)
                node.process.signal(SIGKILL)
                #expect(node.process.wait() == -SIGKILL, "it had ended before")
                note(node.name, since: now())
                try start(node.name)
            case .stop:
                let node = nodes[place]
                let begin = now()
                node.process.signal(SIGSTOP)
                stopped = node.process
                // More than it had, so that others have its partitions.
                try submit(FaultRunTests.perRound)
                try awaitResults(beside: 0)
                node.process.signal(SIGCONT)
                stopped = nil
                note(node.name, since: begin)
            case .churn:
                let goes = nodes.count > 1 && (nodes.count == FaultRunTests.nodes || faults % 5 < 2)
                guard goes else { return try start() }
                let node = nodes.remove(at: place).process
                node.signal(SIGTERM)
                leaving.append(node)
            case .broker:
                let broker = faults % FaultRunTests.brokers + 1
                try FaultRunTests.tell(["down", "\(broker)"])
                // What fails leaves no broker down.
                let outcome = Result {
                    try submit(FaultRunTests.perRound)
                    try awaitResults(beside: FaultRunTests.perRound / 2)
                }
                try FaultRunTests.tell(["up", "\(broker)"])
                try outcome.get()
            case .leaders: try moveLeaders()
            case .partitions:
                partitions += 1
                try FaultRunTests.tell(["partitions", kafka.topics.requests, "\(partitions)"])
            }
        }

        private func now() -> Int64 { Timestamp.now().milliseconds }

        private func note(_ name: Int, since begin: Int64) {
            crashes.append(FaultRunCheck.Crash(node: "node-\(name)", begin: begin, end: now()))
        }

        /// Of the coordinators, too.
        private func moveLeaders() throws {
            let coordinators = ["__consumer_offsets"] + (isExact ? ["__transaction_state"] : [])
            try FaultRunTests.tell(["leaders", kafka.topics.requests, kafka.topics.results] + coordinators)
        }

        func endAll() throws {
            for node in nodes { node.process.signal(SIGTERM) }
            for node in nodes.map(\.process) + leaving { #expect(node.wait() == 0) }
            nodes = []
            leaving = []
        }

        /// A test that fails on its way leaves no node.
        func killAll() {
            stopped?.signal(SIGCONT)
            for node in nodes.map(\.process) + leaving {
                node.signal(SIGKILL)
                _ = node.wait()
            }
            nodes = []
            leaving = []
        }
    }
}
