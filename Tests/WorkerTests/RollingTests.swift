import Glibc
import Kafka
import Messages
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

/// A group that is rolled from another version to this one and back, node by node, while there is always more to do: what
/// comes of it is looked at from outside, by request and by lane. How to run it stands in Contributing, at the releases.
@Suite(
    .machine(.nodes(3)), .serialized,
    .enabled(if: Build.other != nil, "needs the programs of another version: UPGRADE_FROM names their directory"))
struct RollingTests {
    struct Mode: Sendable, CustomStringConvertible {
        let settings: [String]
        var description: String { settings.isEmpty ? "as configured" : settings.joined(separator: ", ") }
        var isOrdered: Bool { settings.contains("ordering=key") }
        var isExactlyOnce: Bool { settings.contains("delivery=exactly_once") }
    }

    /// Those that both versions have, and the broker.
    private static let modes = ["", "ordering=key", "delivery=exactly_once", "delivery=exactly_once ordering=key"]
        .map { Mode(settings: $0.split(separator: " ").map(String.init)) }
        .filter { mode in
            (!mode.isExactlyOnce || TestKafka.realBootstrap != nil)
                && mode.settings.allSatisfy { (try? Build.other?.knows($0)) == true }
        }

    private static let nodes = 3
    /// So much is done from one node's replacement to the next.
    private static let perStep = 2000

    @Test(arguments: modes) func nothingIsLostWhileAGroupIsRolledToThisVersionAndBack(mode: Mode) async throws {
        let other = try #require(Build.other)
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 6)
            defer { kafka.close() }
            let group = Group(kafka, mode)
            defer { group.killAll() }
            for name in 0..<Self.nodes { try group.start(name, other) }
            // Before the first is replaced, after the last, and between any two.
            let total = Self.perStep * (2 * Self.nodes + 1)
            try submit(total, to: kafka)
            let reader = try TopicReader(
                .reader(bootstrap: kafka.bootstrap, embedded: kafka.broker != nil),
                topics: [(kafka.topics.results, .beginning)])
            defer { reader.close() }
            var results = Results(mode)
            for (step, build) in [Build.this, other].flatMap({ Array(repeating: $0, count: Self.nodes) }).enumerated() {
                try results.await((step + 1) * Self.perStep, reader)
                // Every second of them without a word.
                try group.replace(step % Self.nodes, by: build, killing: step % 2 == 1)
            }
            try results.await(total, reader)
            try group.endAll()
            try results.readAll(reader)
            try check(results, kafka, total, mode)
        }
    }

    private func submit(_ count: Int, to kafka: TestKafka) throws {
        let texts = (0..<count).map { number in
            number % 50 == 0
                ? request("r\(number)", "no_such_strategy") : request("r\(number)", "sleep", #"{"ms":\#(number % 7)}"#)
        }
        try kafka.submit(texts.map { Array($0.utf8) }, keys: (0..<count).map { [UInt8($0 % 60)] })
    }

    private func check(_ results: Results, _ kafka: TestKafka, _ total: Int, _ mode: Mode) throws {
        let deadLetters = try kafka.contents(kafka.topics.deadLetters)
        let twice = results.counts.values.reduce(0) { $0 + $1 - 1 }
        print("rolled: \(mode): \(total) requests, \(twice) results twice, \(deadLetters.count) dead letters")
        #expect(results.counts.count == total)
        #expect(results.wrong == [])
        #expect(results.outOfOrder == [])
        #expect(Set(deadLetters.map(\.value)).count == total / 50)
        // The embedded broker refuses commits while a group shares its partitions anew: what was done then comes twice.
        guard kafka.broker == nil else { return }
        // Of a node that is killed: what it had in flight.
        #expect(twice <= (mode.isExactlyOnce ? 0 : Self.nodes * 100))
        #expect(try committed(kafka) == total)
    }

    /// How many requests the group has left behind.
    private func committed(_ kafka: TestKafka) throws -> Int {
        let observer = try AdminClient(
            .groupObserver(bootstrap: kafka.bootstrap, groupID: kafka.group, embedded: kafka.broker != nil))
        defer { observer.close() }
        let offsets = try observer.committed(
            topic: kafka.topics.requests, partitions: Array(0..<6), timeoutMs: Int32(Patience.milliseconds))
        return offsets.reduce(0) { $0 + Int($1.nextOffset ?? 0) }
    }

    /// What has come out, as somebody sees it who only reads results.
    private struct Results {
        private let isOrdered: Bool
        private(set) var counts: [String: Int] = [:]
        private(set) var wrong: [String] = []
        private(set) var outOfOrder: [String] = []
        private var last: [UInt8: Int] = [:]

        init(_ mode: Mode) { isOrdered = mode.isOrdered }

        mutating func await(_ count: Int, _ reader: TopicReader) throws {
            try eventually("\(count) results") {
                while counts.count < count, case .record(_, let record) = reader.next(timeoutMs: 20) {
                    try take(record)
                }
                return counts.count >= count
            }
        }

        mutating func readAll(_ reader: TopicReader) throws {
            try eventually("the end of the results") {
                switch reader.next(timeoutMs: 100) {
                case .record(_, let record): try take(record)
                case .caughtUp: return true
                case .idle, .failure: break
                }
                return false
            }
        }

        private mutating func take(_ record: KafkaRecord) throws {
            let result = try JSONValue.parse(record.value ?? [])
            let id = result["request_id"]?.string ?? ""
            counts[id, default: 0] += 1
            let isBad = Int(id.dropFirst()).map { $0 % 50 == 0 } ?? true
            if result["status"]?.string != (isBad ? "rejected" : "completed") { wrong.append(result.text) }
            // What is refused without being run is answered at once.
            guard isOrdered, !isBad, counts[id] == 1, let key = record.key?.first else { return }
            let offset = result["request"]?["offset"]?.integer ?? -1
            if offset <= last[key] ?? -1 { outOfOrder.append(id) }
            last[key] = offset
        }
    }

    /// The nodes, each under its name whatever version it is of. One thread's.
    private final class Group {
        private let kafka: TestKafka
        private let settings: [String]
        private var nodes: [Int: NodeProcess] = [:]

        init(_ kafka: TestKafka, _ mode: Mode) {
            self.kafka = kafka
            settings = mode.settings + ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64"]
        }

        func start(_ name: Int, _ build: Build) throws {
            nodes[name] = try NodeProcess(kafka, settings + ["node.id=node-\(name)"], of: build)
        }

        func replace(_ name: Int, by build: Build, killing: Bool) throws {
            guard let node = nodes.removeValue(forKey: name) else { throw Failure("there is no node-\(name)") }
            node.signal(killing ? SIGKILL : SIGTERM)
            #expect(node.wait() == (killing ? -SIGKILL : 0), "node-\(name)")
            try start(name, build)
        }

        func endAll() throws {
            for node in nodes.values { node.signal(SIGTERM) }
            for node in nodes.values { #expect(node.wait() == 0) }
            nodes = [:]
        }

        func killAll() { nodes = [:] }
    }
}
