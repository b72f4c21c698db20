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
/// wanted. Who can take brokers of the cluster down names a program in `FAULT_RUN_CLUSTER`, which is called with `down N`,
/// `up N`, and `partitions TOPIC COUNT`, and answers when that is done.
@Suite(
    .machine(.nodes(6)), .serialized,
    .enabled(
        if: TestKafka.realBootstrap != nil, "the mock refuses every commit in a rebalance, and has no transactions"))
struct FaultRunTests {
    enum Fault: String, CaseIterable, Sendable {
        /// A node is killed, and started again under its name.
        case kill
        /// A node stands still until others have done what it had, and goes on.
        case stop
        /// A node comes, or one goes.
        case churn
        /// A broker goes down, with what it leads, and comes back.
        case broker
        /// The requests topic gets another partition.
        case partitions

        /// Whether it can be had here, and is wanted.
        var isToBeHad: Bool {
            let isPossible = FaultRunTests.cluster != nil || ![.broker, .partitions].contains(self)
            return isPossible && FaultRunTests.wanted.map { $0.contains(Substring(rawValue)) } ?? true
        }
    }

    struct Mode: Sendable, CustomStringConvertible {
        let delivery: String
        let ordering: String
        var description: String { "\(delivery), \(ordering)" }

        static let all = ["at_least_once", "exactly_once"].flatMap { delivery in
            ["unordered", "key", "partition"].map { Mode(delivery: delivery, ordering: $0) }
        }
    }

    private static let seconds = getenv("FAULT_RUN_SECONDS").flatMap { Double(String(cString: $0)) } ?? 10
    private static let nodes = getenv("FAULT_RUN_NODES").flatMap { Int(String(cString: $0)) } ?? 6
    private static let cluster = getenv("FAULT_RUN_CLUSTER").map { String(cString: $0) }
    private static let wanted = getenv("FAULT_RUN_FAULTS").map { String(cString: $0).split(separator: ",") }
    private static let brokers = 3
    private static let perRound = 60

    /// Once there are more partitions, the records of a key go to another.
    private static let cases = Fault.allCases.filter(\.isToBeHad).flatMap { fault in
        Mode.all.filter { fault != .partitions || $0.ordering == "unordered" }.map { (fault, $0) }
    }

    @Test(arguments: cases) func nothingIsLostOrOutOfOrder(fault: Fault, mode: Mode) async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: Self.nodes, replicas: nil)
            defer { kafka.close() }
            let run = try Run(kafka, mode, nodes: fault == .churn ? Self.nodes / 2 : 3)
            defer { run.killAll() }
            let end = MonotonicTime.now().adding(milliseconds: Int(Self.seconds * 1000))
            while MonotonicTime.now() < end {
                try run.submit(Self.perRound)
                try run.awaitResults(beside: Self.perRound / 2)
                try run.meet(fault)
            }
            try run.awaitResults(beside: 0)
            try run.endAll()
            try check(kafka, run, fault, mode)
        }
    }

    private func check(_ kafka: TestKafka, _ run: Run, _ fault: Fault, _ mode: Mode) throws {
        let records = try kafka.contents(kafka.topics.results)
        var ids: [String: Int] = [:]
        var last: [UInt8: Int] = [:]
        for record in records {
            let result = try JSONValue.parse(record.value ?? [])
            let id = result["request_id"]?.string ?? ""
            ids[id, default: 0] += 1
            // All requests with one key are in one partition, and so are their results.
            guard ids[id] == 1, mode.ordering != "unordered", let key = record.key?.first else { continue }
            let offset = result["request"]?["offset"]?.integer ?? -1
            #expect(offset > last[key] ?? -1, "\(id) is out of order")
            last[key] = offset
        }
        let twice = ids.values.reduce(0) { $0 + $1 - 1 }
        print(
            "fault run: \(fault), \(mode): \(run.submitted) requests, \(run.faults) faults, \(twice) results twice")
        #expect(ids.count == run.submitted)
        // Who leaves has done what it had; whom a crash or a session met may have had as many as were in flight.
        let isExact = mode.delivery == "exactly_once" || fault == .churn
        #expect(twice <= (isExact ? 0 : run.faults * 2 * Self.perRound))
    }

    private static func tell(_ words: String...) throws {
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
        private var lastName = 0
        private var partitions = FaultRunTests.nodes
        private(set) var submitted = 0
        private(set) var faults = 0
        private let reader: TopicReader
        private var seen: Set<String> = []

        init(_ kafka: TestKafka, _ mode: Mode, nodes count: Int) throws {
            self.kafka = kafka
            settings = [
                "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "delivery=\(mode.delivery)",
                "ordering=\(mode.ordering)", "rebalance.revokeDrainMs=10000",
            ]
            reader = try TopicReader(.reader(bootstrap: kafka.bootstrap), topics: [(kafka.topics.results, .beginning)])
            for _ in 0..<count { try start() }
        }

        deinit { reader.close() }

        private func start(_ name: Int? = nil) throws {
            if name == nil { lastName += 1 }
            let name = name ?? lastName
            nodes.append((name, try NodeProcess(kafka, settings + ["node.id=node-\(name)"])))
        }

        func submit(_ count: Int) throws {
            let numbers = submitted..<submitted + count
            try kafka.submit(
                numbers.map { Array(request("r\($0)", "sleep", #"{"ms":\#($0 % 7)}"#).utf8) },
                keys: numbers.map { [UInt8($0 % 20)] })
            submitted += count
        }

        /// Waits until no more than so many have no result.
        func awaitResults(beside missing: Int) throws {
            try eventually("results are there") {
                while case .record(_, let record) = reader.next(timeoutMs: 20) {
                    let result = try JSONValue.parse(record.value ?? [])
                    if let id = result["request_id"]?.string { seen.insert(id) }
                }
                return seen.count >= submitted - missing
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
                try start(node.name)
            case .stop:
                let node = nodes[place].process
                node.signal(SIGSTOP)
                stopped = node
                // More than it had, so that others have its partitions.
                try submit(FaultRunTests.perRound)
                try awaitResults(beside: 0)
                node.signal(SIGCONT)
                stopped = nil
            case .churn:
                let goes = nodes.count > 1 && (nodes.count == FaultRunTests.nodes || faults % 5 < 2)
                guard goes else { return try start() }
                let node = nodes.remove(at: place)
                node.process.signal(SIGTERM)
                #expect(node.process.wait() == 0)
            case .broker:
                let broker = "\(faults % FaultRunTests.brokers + 1)"
                try FaultRunTests.tell("down", broker)
                // What fails leaves no broker down.
                let outcome = Result {
                    try submit(FaultRunTests.perRound)
                    try awaitResults(beside: FaultRunTests.perRound / 2)
                }
                try FaultRunTests.tell("up", broker)
                try outcome.get()
            case .partitions:
                partitions += 1
                try FaultRunTests.tell("partitions", kafka.topics.requests, "\(partitions)")
            }
        }

        func endAll() throws {
            for node in nodes { node.process.signal(SIGTERM) }
            for node in nodes { #expect(node.process.wait() == 0) }
            nodes = []
        }

        /// A test that fails on its way leaves no node.
        func killAll() {
            stopped?.signal(SIGCONT)
            for node in nodes {
                node.process.signal(SIGKILL)
                _ = node.process.wait()
            }
            nodes = []
        }
    }
}
