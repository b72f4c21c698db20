import Baseline
import Glibc
import Kafka
import Scheduling
import System
import Worker

/// A requests topic of a cluster that holds all jobs before anybody works on them: no submitter runs beside a contender,
/// and each finds the same.
final class FilledTopic {
    let jobs: Int
    let name: String
    private let bootstrap: String
    private let admin: AdminClient

    /// - Parameter hasKeys: the requests have keys (`BenchRequest.key`).
    init(bootstrap: String, jobs: Int, hasKeys: Bool = false) throws {
        self.jobs = jobs
        self.bootstrap = bootstrap
        name = BenchKafka.stem() + ".requests"
        admin = try AdminClient(.admin(bootstrap: bootstrap))
        do {
            try admin.make([name])
            try fill(hasKeys: hasKeys)
        } catch {
            close()
            throw error
        }
    }

    func close() {
        _ = try? admin.delete([name])
        admin.close()
    }

    private func fill(hasKeys: Bool) throws {
        let linger = ClientProperties.Property("linger.ms", "5")
        let producer = try KafkaProducer(.producer(bootstrap: bootstrap, overrides: [linger]), wakeDescriptor: nil)
        defer { producer.destroy() }
        for number in 0..<jobs {
            while case let outcome = producer.produce(
                topic: name, key: hasKeys ? BenchRequest.key(number) : nil, value: BenchRequest.bytes(number),
                token: 0), outcome != .queued
            {
                if case .failed(let failure) = outcome { throw failure }
                _ = producer.flushStep(timeoutMs: 10) { _ in }
            }
        }
        let deadline = MonotonicTime.now().adding(milliseconds: 60_000)
        while !producer.flushStep(timeoutMs: 100, { _ in }) {
            guard MonotonicTime.now() < deadline else {
                throw BenchProcess.Failure(description: "the cluster did not take \(jobs) requests within 60 s")
            }
        }
    }

    /// Has a contender work off the topic from its beginning, with a group and a results topic of its own.
    ///
    /// The markers of transactions count as results: less than one in a hundred.
    ///
    /// Measured from the first results that are there to the last: joining the group is not part of it.
    func measure(_ kind: ContenderKind, slots: Int, ordering: String? = nil) throws -> ThroughputRound {
        let kafka = try BenchKafka(bootstrap: bootstrap, requests: name)
        defer { kafka.close() }
        let contender = try kind.start(on: kafka.address, slots: slots, ordering: ordering)
        defer { contender.stop() }
        let results = kafka.address.topics.results
        let begun = try waitFor(1, in: results, of: kind)
        let usedBefore = try contender.used()
        let ended = try waitFor(jobs, in: results, of: kind)
        let used = try contender.used() - usedBefore
        return ThroughputRound(
            jobs: Double(ended.count - begun.count), seconds: ended.time.milliseconds(since: begun.time) / 1000,
            nanoseconds: used)
    }

    private static let patienceMs = 60_000

    /// Waits until a topic has so many records, looking as often as costs the broker next to nothing.
    private func waitFor(
        _ count: Int, in topic: String, of kind: ContenderKind
    ) throws -> (count: Int, time: MonotonicTime) {
        let partitions = (0..<Int32(Feeder.partitions)).map { $0 }
        var last = (count: 0, time: MonotonicTime.now())
        while true {
            // A topic that was just made may have no leader for a moment: then it has no results either.
            let ends = try? admin.endOffsets(topic: topic, partitions: partitions, timeoutMs: 5000)
            let now = MonotonicTime.now()
            let found = Int(ends?.values.reduce(0, +) ?? 0)
            if found >= count { return (found, now) }
            if found > last.count { last = (found, now) }
            guard now.milliseconds(since: last.time) < Double(Self.patienceMs) else {
                throw BenchProcess.Failure(
                    description: "\(kind.rawValue): \(found) of \(jobs) results, and none for "
                        + "\(Self.patienceMs / 1000) s")
            }
            _ = poll(nil, 0, 5)
        }
    }
}
