import Glibc
import TestSupport
import Testing

@testable import Kafka

/// Where a test's topics lie: an embedded broker, or the cluster `KAFKA_BOOTSTRAP_SERVERS` names.
final class Cluster {
    let bootstrap: String
    /// nil with a real Kafka.
    let broker: EmbeddedBroker?
    private let isShared: Bool
    private var created: [String] = []

    var isEmbedded: Bool { broker != nil }

    /// Closing the mock takes a second, so tests that only need topics of their own share one until the process ends.
    private static let shared = Result { try EmbeddedBroker(topics: []) }

    /// - Parameter own: for tests that replace a broker's answers.
    init(own: Bool = false) throws {
        try MachineTurn.require()
        isShared = !own
        if let bootstrap = Self.realBootstrap {
            self.bootstrap = bootstrap
            broker = nil
        } else {
            let broker = own ? try EmbeddedBroker(topics: []) : try Self.shared.get()
            bootstrap = broker.bootstrapServers
            self.broker = broker
        }
    }

    static let realBootstrap = getenv("KAFKA_BOOTSTRAP_SERVERS").map { String(cString: $0) }

    /// A name that no other test and no earlier run has used.
    static func unique(_ stem: String) -> String {
        "optimizer-test-\(stem)-\(getpid())-\(UInt32.random(in: .min ... .max))"
    }

    /// A fresh topic. The mock makes one when it is first asked about it, with four partitions; so does this, with
    /// the number wanted.
    /// - Parameter records: how many numbered records are in it, spread over the partitions in turn.
    func topic(_ stem: String = "t", partitions: Int = 1, records: Int = 0) throws -> String {
        let name = Self.unique(stem)
        if let broker {
            try broker.createTopic(name, partitions: partitions)
        } else {
            let admin = try AdminClient(.admin(bootstrap: bootstrap))
            defer { admin.close() }
            let outcome = try admin.create([NewTopic(name: name, partitions: partitions, replicas: 1)])
            if let failure = outcome.first?.failure { throw failure }
            created.append(name)
            try EachBroker.awaitTopics([name], bootstrap: bootstrap)
        }
        guard records > 0 else { return name }
        let publisher = try producer()
        defer { publisher.producer.destroy() }
        guard publisher.fill(name, count: records, partitions: Int32(partitions)) else {
            throw Failure("\(name) was not filled")
        }
        return name
    }

    func close() {
        if !isShared { broker?.close() }
        guard !created.isEmpty, let admin = try? AdminClient(.admin(bootstrap: bootstrap)) else { return }
        defer { admin.close() }
        _ = try? admin.delete(created)
    }

    func consumer(group: String, _ overrides: [ClientProperties.Property] = [], prefetchMB: Int = 32) throws -> Member {
        try Member(
            .consumer(
                bootstrap: bootstrap, groupID: group, prefetchMB: prefetchMB, embedded: isEmbedded,
                overrides: overrides))
    }

    func producer(_ overrides: [ClientProperties.Property] = []) throws -> Publisher {
        try Publisher(.producer(bootstrap: bootstrap, embedded: isEmbedded, overrides: overrides))
    }
}

/// What a client writes when there is something to do. A worker uses an eventfd; a pipe does the same here, where
/// Swift's Glibc hides eventfd.
final class WakeUp {
    /// The end that is written.
    let descriptor: Int32
    private let reading: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        reading = ends[0]
        descriptor = ends[1]
    }

    deinit {
        close(reading)
        close(descriptor)
    }

    /// True as soon as it has been written; takes back what was.
    func wait(milliseconds: Int32) -> Bool {
        var interest = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        guard poll(&interest, 1, milliseconds) == 1 else { return false }
        var bytes = [UInt8](repeating: 0, count: 4096)
        return read(reading, &bytes, bytes.count) >= 8
    }
}

/// Milliseconds of a clock that only goes forward.
func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// A consumer with the loop a worker would have around it: it answers every rebalance at once.
final class Member {
    let wakeUp = WakeUp()
    let consumer: KafkaConsumer
    var events: [ConsumerEvent] = []
    var records: [KafkaRecord] = []
    /// Nothing is taken from these, as in a hold.
    var held: Set<Int32> = []
    var starts: [Int32: Int64] = [:]
    var assignments = 0

    init(_ properties: ClientProperties) throws {
        consumer = try KafkaConsumer(properties, wakeDescriptor: wakeUp.descriptor)
    }

    var failures: [KafkaFailure] {
        events.compactMap { event -> KafkaFailure? in
            if case .failure(let failure) = event { failure } else { nil }
        }
    }

    var commits: [CommitResult] {
        events.flatMap { event -> [CommitResult] in
            if case .committed(let results, _) = event { results } else { [] }
        }
    }

    /// The answer to a question about what is committed.
    func told(_ number: UInt64) -> (offsets: [CommittedOffset], failure: KafkaFailure?)? {
        for case .committedBefore(let offsets, let failure, of: number) in events { return (offsets, failure) }
        return nil
    }

    /// Takes partitions by hand, without a group: the mock keeps every first join waiting for 3 s.
    func read(_ topic: String, _ partitions: [Int32] = [0], from offset: Int64? = 0) {
        consumer.topic = topic
        consumer.assign(partitions.map { PartitionStart(partition: $0, offset: offset) })
    }

    func turn(waitMs: Int32 = 20) {
        _ = wakeUp.wait(milliseconds: waitMs)
        while let event = consumer.nextEvent() { handle(event) }
        for partition in consumer.assigned.subtracting(held) {
            _ = consumer.take(from: partition, limit: .max) { records.append($0) }
        }
    }

    private func handle(_ event: ConsumerEvent) {
        events.append(event)
        switch event {
        case .assign(let partitions):
            assignments += 1
            consumer.assign(partitions.map { PartitionStart(partition: $0, offset: starts[$0]) })
        case .revoke(let partitions, _): consumer.unassign(partitions)
        default: break
        }
    }

    /// Turns until the condition holds; false when it does not in time.
    func turn(until condition: () -> Bool) -> Bool {
        let deadline = now() + Int64(Patience.milliseconds)
        while !condition() {
            guard now() < deadline else { return false }
            turn()
        }
        return true
    }

    /// The numbers that `Publisher.fill` wrote.
    var numbers: [Int] {
        records.compactMap { $0.value.flatMap { Int(String(decoding: $0.prefix { $0 != 0x20 }, as: UTF8.self)) } }
    }

    func offsets(_ partition: Int32) -> [Int64] {
        records.filter { $0.partition == partition }.map(\.offset)
    }

    func close() {
        consumer.startClose()
        _ = turn { consumer.isClosed }
        consumer.destroy()
    }
}

/// A producer that keeps its delivery reports.
final class Publisher {
    let wakeUp = WakeUp()
    let producer: KafkaProducer
    var reports: [DeliveryReport] = []

    init(_ properties: ClientProperties) throws {
        producer = try KafkaProducer(properties, wakeDescriptor: wakeUp.descriptor)
    }

    func drain() -> Bool {
        let deadline = now() + Int64(Patience.milliseconds)
        while producer.outstanding > 0 {
            guard now() < deadline else { return false }
            _ = wakeUp.wait(milliseconds: 20)
            producer.drainDeliveries { reports.append($0) }
        }
        return true
    }

    /// Numbered records, spread over the partitions in turn.
    func fill(_ topic: String, count: Int, partitions: Int32 = 1, bytes: Int = 0) -> Bool {
        for number in 0..<count {
            let value = Array("\(number)".utf8) + [UInt8](repeating: 0x20, count: bytes)
            while producer.produce(
                topic: topic, key: nil, value: value, headers: [], token: UInt64(number),
                partition: Int32(number) % partitions) == .full
            {
                _ = wakeUp.wait(milliseconds: 20)
                producer.drainDeliveries { reports.append($0) }
            }
        }
        return drain()
    }
}
