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
/// than a window of them, a tenth of that, is ever without a result. (What is committed says nothing of a loss: who
/// commits once a second is further behind than the broker keeps.)
enum Feeder {
    static let partitions = 6
    private static let window = 10_000

    /// Serves orders `{"jobs": n, "strategy": name}` with `{"seconds": s}`.
    static func serve(_ words: [String]) -> Int32 {
        do {
            let kafka = words.count > 1 ? try BenchKafka(bootstrap: words[1]) : try BenchKafka()
            defer { kafka.close() }
            let feeder = try Feeding(kafka.address)
            defer { feeder.close() }
            return BenchProcess.serve(ready: kafka.address.json) { order in
                guard let jobs = order["jobs"]?.integer, let strategy = order["strategy"]?.string else {
                    throw BenchProcess.Failure(description: "not an order: \(order.text)")
                }
                let seconds = try feeder.feed(jobs, of: strategy, window: window)
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
    /// Longer than a group takes to form.
    private static let patienceMs = 60_000

    private let topics: TopicNames
    private let producer: KafkaProducer
    private let reader: TopicReader

    init(_ kafka: BenchKafka.Address) throws(KafkaFailure) {
        topics = kafka.topics
        producer = try KafkaProducer(
            .producer(
                bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded,
                // Large batches: the mock hands out one batch per fetch.
                overrides: [ClientProperties.Property("linger.ms", "5")]),
            wakeDescriptor: nil)
        reader = try TopicReader(
            .reader(bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded), topics: [(topics.results, .beginning)])
    }

    func close() {
        producer.destroy()
        reader.close()
    }

    /// Seconds from the first result to the last: joining the group is not part of it.
    func feed(_ jobs: Int, of strategy: String, window: Int) throws -> Double {
        var submitted = 0
        var received = 0
        var first: MonotonicTime?
        var last = MonotonicTime.now()
        while received < jobs {
            while submitted < jobs, submitted - received < window, submit(submitted, strategy) {
                submitted += 1
            }
            producer.drainDeliveries { _ in }
            var wait: Int32 = 10
            while case .record = reader.next(timeoutMs: wait) {
                received += 1
                wait = 0
                if first == nil { first = .now() }
            }
            let now = MonotonicTime.now()
            if wait == 0 { last = now }
            guard now.milliseconds(since: last) < Double(Self.patienceMs) else {
                throw BenchProcess.Failure(
                    description: "\(received) of \(submitted) requests have results, and no other came for "
                        + "\(Self.patienceMs / 1000) s: their worker has ended, or the broker has dropped some")
            }
        }
        return last.milliseconds(since: first ?? last) / 1000
    }

    private func submit(_ number: Int, _ strategy: String) -> Bool {
        let value = BenchRequest.bytes(number, strategy: strategy)
        return producer.produce(topic: topics.requests, key: nil, value: value, token: 0) == .queued
    }
}
