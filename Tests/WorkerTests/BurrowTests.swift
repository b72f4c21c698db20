import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

/// Burrow reads what groups commit where brokers write it down, in a topic of their own. The embedded broker has none:
/// there the test writes the group's commits into one, in the form a broker gives them.
@Suite struct BurrowTests {
    @Test(.enabled(if: BurrowProcess.path != nil, "needs Burrow"))
    func burrowSeesTheCommitsAndTheLagOfAGroupWithAPartitionThatIsBlocked() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            try kafka.broker?.createTopic("__consumer_offsets", partitions: 1)
            let commits = try CommitMirror(kafka)
            defer { commits.close() }
            let node = try TestNode(
                kafka,
                [
                    "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "limits.timeoutMs=600000",
                    "commit.intervalMs=200", "shutdown.drainMs=0",
                ])
            let burrow = try BurrowProcess(kafka)
            defer { burrow.stop() }
            if kafka.broker == nil { try Self.cancelUnlessReadable(by: burrow, kafka) }

            // Ten keys reach both partitions.
            try Self.submit((0..<10).map { (request("first-\($0)"), "\($0)") }, to: kafka)
            try Self.agree(burrow, kafka, commits, lag: 0, statuses: ["OK"])
            // What is done behind the one that stays moves no committed offset.
            let stays = request("stays", "sleep", #"{"ms":500000}"#)
            try Self.submit(([stays] + (0..<9).map { request("second-\($0)") }).map { ($0, "one") }, to: kafka)
            try eventually("all others are done") { node.node.finishedCount == 19 }
            try Self.agree(burrow, kafka, commits, lag: 10, statuses: ["OK", "STOP"])
            #expect(try node.stop() == 0)
        }
    }

    /// Debian's Burrow speaks versions of the protocol that brokers from 4.0 on refuse.
    private static func cancelUnlessReadable(by burrow: BurrowProcess, _ kafka: TestKafka) throws {
        do {
            try eventually("Burrow knows the topic's offsets") { burrow.offsets(of: kafka.topics.requests).count == 2 }
        } catch {
            try Test.cancel("this Burrow cannot read this broker: \(burrow.log)")
        }
    }

    private static func submit(_ requests: [(text: String, key: String)], to kafka: TestKafka) throws {
        try kafka.submit(requests.map { Array($0.text.utf8) }, keys: requests.map { Array($0.key.utf8) })
    }

    /// Until Burrow says what the group's own figures say.
    ///
    /// - Parameter statuses: of the partitions: `STOP` is one whose committed offset stands still while it has a lag.
    private static func agree(
        _ burrow: BurrowProcess, _ kafka: TestKafka, _ commits: CommitMirror, lag: Int, statuses: Set<String>
    ) throws {
        var last: JSONValue?
        var committed: [Int?] = []
        try eventually("Burrow sees a lag of \(lag)") {
            committed = try commits.update().map { $0.nextOffset.map { Int($0) } }
            last = burrow.status(of: kafka.group)
            let partitions = last?["partitions"]?.elements ?? []
            let seen = Dictionary(
                partitions.compactMap { partition in
                    partition["partition"]?.integer.map { ($0, partition["end"]?["offset"]?.integer) }
                }, uniquingKeysWith: { $1 })
            return committed.allSatisfy { $0 != nil } && last?["totallag"]?.integer == lag
                && seen[0] == committed[0] && seen[1] == committed[1]
                && Set(partitions.compactMap { $0["status"]?.string }) == statuses
                && partitions.allSatisfy { $0["topic"]?.string == kafka.topics.requests }
        } explaining: {
            "committed \(committed), Burrow says \(last?.text ?? "nothing"); \(burrow.log)"
        }
    }
}

/// Writes what the group has committed into the embedded broker's `__consumer_offsets`; with a real broker, which does
/// that by itself, only asks.
final class CommitMirror {
    private let kafka: TestKafka
    private let admin: AdminClient
    private let producer: KafkaProducer
    private var last: [CommittedOffset] = []

    init(_ kafka: TestKafka) throws {
        self.kafka = kafka
        admin = try AdminClient(.admin(bootstrap: kafka.bootstrap, embedded: kafka.broker != nil))
        producer = try KafkaProducer(
            .producer(bootstrap: kafka.bootstrap, embedded: kafka.broker != nil), wakeDescriptor: nil)
    }

    func close() {
        producer.destroy()
        admin.close()
    }

    /// What is committed now.
    func update() throws -> [CommittedOffset] {
        let now = try admin.committed(group: kafka.group, topic: kafka.topics.requests, partitions: [0, 1])
        for commit in now where kafka.broker != nil && !last.contains(commit) {
            guard let offset = commit.nextOffset else { continue }
            // Version 1 of the key and version 3 of the value, as Kafka's OffsetCommitKey and OffsetCommitValue.
            let key =
                number(1, bytes: 2) + text(kafka.group) + text(kafka.topics.requests)
                + number(Int(commit.partition), bytes: 4)
            let value =
                number(3, bytes: 2) + number(Int(offset), bytes: 8) + number(-1, bytes: 4)
                + text(commit.metadata ?? "") + number(Int(Timestamp.now().milliseconds), bytes: 8)
            let outcome = producer.produce(
                topic: "__consumer_offsets", key: key, value: value, token: 0, partition: 0)
            guard outcome == .queued else { throw Failure("\(outcome)") }
        }
        producer.drainDeliveries { _ in }
        last = now
        return now
    }

    private func number(_ value: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * (bytes - 1 - $0))) }
    }

    private func text(_ text: String) -> [UInt8] { number(text.utf8.count, bytes: 2) + Array(text.utf8) }
}
