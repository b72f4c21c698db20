import Baseline
import Kafka
import Messages
import Scheduling
import System
import Worker

/// The other side of a run, in a process of its own so that its processor time is not the node's: the broker, the
/// submitter and the results consumer.
///
/// Requests are fed in a closed loop: the embedded broker silently drops what is beyond 5 MiB per partition, so no more
/// than a window of them is ever without a result.
enum Feeder {
    static let partitions = 6
    private static let window = 10_000

    /// Serves orders `{"jobs": n}` with `{"seconds": s}`.
    static func serve(_ words: [String]) -> Int32 {
        do {
            let kafka = words.count > 1 ? try BenchKafka(bootstrap: words[1]) : try BenchKafka()
            defer { kafka.close() }
            let feeder = try Feeding(kafka.address)
            defer { feeder.close() }
            return BenchProcess.serve(ready: kafka.address.json) { order in
                guard let jobs = order["jobs"]?.integer else {
                    throw BenchProcess.Failure(description: "not an order: \(order.text)")
                }
                let seconds = try feeder.feed(jobs, window: window)
                return .object([JSONMember("seconds", .number(seconds))])
            }
        } catch {
            StandardError.write("optimizer-bench feed: \(error)")
            return ExitCode.failure
        }
    }
}

/// Submits jobs and waits for their results.
private final class Feeding {
    private let topics: TopicNames
    private let group: String
    private let isEmbedded: Bool
    private let producer: KafkaProducer
    private let reader: TopicReader
    private let admin: AdminClient
    /// Results of earlier orders.
    private var total = 0
    private var nextCheck = 10_000

    init(_ kafka: BenchKafka.Address) throws(KafkaFailure) {
        topics = kafka.topics
        group = kafka.stem
        isEmbedded = kafka.isEmbedded
        producer = try KafkaProducer(
            .producer(
                bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded,
                // Large batches: the mock hands out one batch per fetch.
                overrides: [ClientProperties.Property("linger.ms", "5")]),
            wakeDescriptor: nil)
        reader = try TopicReader(
            .reader(bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded), topics: [(topics.results, .beginning)])
        admin = try AdminClient(.admin(bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded))
    }

    func close() {
        producer.destroy()
        reader.close()
        admin.close()
    }

    /// Seconds from the first result to the last: joining the group is not part of it.
    func feed(_ jobs: Int, window: Int) throws(KafkaFailure) -> Double {
        var submitted = 0
        var received = 0
        var first: MonotonicTime?
        while received < jobs {
            while submitted < jobs, submitted - received < window, submit(submitted) { submitted += 1 }
            producer.drainDeliveries { _ in }
            var wait: Int32 = 10
            while case .record = reader.next(timeoutMs: wait) {
                received += 1
                wait = 0
                if first == nil { first = .now() }
            }
            if isEmbedded, total + received >= nextCheck {
                nextCheck += 50_000
                try checkNothingDropped()
            }
        }
        total += received
        return MonotonicTime.now().milliseconds(since: first ?? .now()) / 1000
    }

    private func submit(_ number: Int) -> Bool {
        producer.produce(topic: topics.requests, key: nil, value: BenchRequest.bytes(number), token: 0) == .queued
    }

    /// A low watermark above the committed offset means requests were lost on the broker: the run says nothing.
    private func checkNothingDropped() throws(KafkaFailure) {
        let partitions = (0..<Int32(Feeder.partitions)).map { $0 }
        for entry in try admin.committed(
            group: group, topic: topics.requests, partitions: partitions, timeoutMs: 5000)
        {
            let marks = try admin.watermarks(topic: topics.requests, partition: entry.partition, timeoutMs: 5000)
            guard let committed = entry.nextOffset, marks.low > committed else { continue }
            throw KafkaFailure(
                code: 0, name: "DROPPED", reason: "the broker dropped requests of partition \(entry.partition)",
                kind: .permanent)
        }
    }
}
