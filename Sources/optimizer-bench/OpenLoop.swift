import Baseline
import Glibc
import Kafka
import Scheduling
import Sizing
import Synchronization
import System
import Worker

/// Sends requests at times that are fixed before, whatever comes back, and measures from those times: what a slow worker
/// or a late client holds up counts, as it does for who waits for a result.
struct OpenLoop {
    let rate: Int
    let seconds: Int
    /// What is sent, and when; nil: a request of `noop` after the other, evenly.
    var steps: OpenLoopSteps?

    struct Outcome {
        /// From the time a request should be sent at to its result being seen. What has not come in time has what it
        /// waited until then.
        var milliseconds: [Double]
        var missing: Int
    }

    /// Sent before what is counted, at the same rate: connections, buffers and the broker's code warm up.
    private static let warmUpSeconds = 2
    /// How long results are waited for after the last request.
    private static let patienceMs = 10_000
    private static let startMs = 60_000

    /// - Parameter topic: where the results come, or the requests themselves.
    func measure(on kafka: BenchKafka.Address, reading topic: String) throws -> Outcome {
        let submitter = try Submitter(kafka)
        defer { submitter.close() }
        let quick = [ClientProperties.Property("socket.nagle.disable", "true")]
        let reader = try TopicReader(
            .reader(bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded, overrides: quick),
            topics: [(topic, .beginning)])
        defer { reader.close() }
        try awaitFirst(reader, submitter)
        let schedule = Schedule(
            start: .now().adding(milliseconds: 100), rate: rate, count: rate * (Self.warmUpSeconds + seconds),
            steps: steps)
        let thread = try PermanentThread(name: "submit") { submitter.send(schedule) }
        defer {
            submitter.stop()
            thread.join()
        }
        return try collect(reader, submitter, schedule)
    }

    /// Sends single requests until one comes back: the worker has its partitions then.
    private func awaitFirst(_ reader: TopicReader, _ submitter: Submitter) throws {
        let deadline = MonotonicTime.now().adding(milliseconds: Self.startMs)
        while MonotonicTime.now() < deadline {
            submitter.submit(BenchRequest.bytes(Submitter.probe))
            if let failure = submitter.failure { throw failure }
            if case .record = reader.next(timeoutMs: 50) { return }
        }
        throw BenchProcess.Failure(description: "no result within \(Self.startMs / 1000) s of the start")
    }

    private func collect(
        _ reader: TopicReader, _ submitter: Submitter, _ schedule: Schedule
    ) throws -> Outcome {
        var seen = [Int64](repeating: 0, count: schedule.count)
        var missing = schedule.count
        let deadline = schedule.time(of: schedule.count).adding(milliseconds: Self.patienceMs)
        while missing > 0, MonotonicTime.now() < deadline {
            if let failure = submitter.failure { throw failure }
            guard case .record(_, let record) = reader.next(timeoutMs: 100) else { continue }
            let now = MonotonicTime.now()
            guard let number = record.value.flatMap(BenchRequest.number), seen.indices.contains(number),
                seen[number] == 0
            else { continue }
            seen[number] = now.nanoseconds
            missing -= 1
        }
        let counted = (rate * Self.warmUpSeconds)..<schedule.count
        let milliseconds = counted.map { number in
            let time = seen[number] == 0 ? deadline : MonotonicTime(nanoseconds: seen[number])
            return time.milliseconds(since: schedule.time(of: number))
        }
        return Outcome(milliseconds: milliseconds, missing: counted.count { seen[$0] == 0 })
    }
}

/// When each request should be sent.
private struct Schedule: Sendable {
    let start: MonotonicTime
    let rate: Int
    let count: Int
    let steps: [OpenLoopSteps.Step]?

    init(start: MonotonicTime, rate: Int, count: Int, steps: OpenLoopSteps?) {
        self.start = start
        self.rate = rate
        self.count = count
        self.steps = steps.map { $0.draw(rate: rate, count: count) }
    }

    /// - Parameter number: the count for when all have been sent.
    func time(of number: Int) -> MonotonicTime {
        guard let steps else { return start.adding(nanoseconds: Int64(number) * 1_000_000_000 / Int64(rate)) }
        return start.adding(nanoseconds: Int64(steps[min(number, steps.count - 1)].sentAtMs * 1e6))
    }

    func body(of number: Int) -> [UInt8] {
        guard let steps else { return BenchRequest.bytes(number) }
        return BenchRequest.bytes(number, strategy: "sleep", parameters: steps[number].parameters)
    }
}

/// Requests that come by themselves (a Poisson process), for steps that sleep.
struct OpenLoopSteps {
    struct Step {
        let sentAtMs: Double
        let sleepMs: Double

        var parameters: String { #"{"ms":\#((sleepMs * 1000).rounded() / 1000)}"# }
    }

    let times: StepTimes

    fileprivate func draw(rate: Int, count: Int) -> [Step] {
        var generator = SeededGenerator(seed: 7)
        let gaps = StepTimes(mean: 1000 / Double(rate), variation: 1)
        var now = 0.0
        return (0..<count).map { _ in
            now += gaps.draw(&generator)
            return Step(sentAtMs: now, sleepMs: times.draw(&generator))
        }
    }
}

/// Sends numbered requests, each by itself.
private final class Submitter: Sendable {
    /// A number that no schedule has.
    static let probe = 999_999_999_999

    private let producer: KafkaProducer
    private let topic: String
    private let failed = Mutex<KafkaFailure?>(nil)
    private let isStopped = Atomic(false)

    init(_ kafka: BenchKafka.Address) throws(KafkaFailure) {
        topic = kafka.topics.requests
        producer = try KafkaProducer(
            .producer(
                bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded,
                overrides: [.init("linger.ms", "0"), .init("socket.nagle.disable", "true")]),
            wakeDescriptor: nil)
    }

    var failure: KafkaFailure? { failed.withLock { $0 } }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    func close() { producer.destroy() }

    func submit(_ bytes: [UInt8]) {
        while !isStopped.load(ordering: .relaxed) {
            let outcome = producer.produce(topic: topic, key: nil, value: bytes, token: 0)
            producer.drainDeliveries { report in
                if let failure = report.failure { failed.withLock { $0 = failure } }
            }
            // Where the queue is full the cluster takes less than is sent, and this one is late.
            if outcome == .full {
                _ = poll(nil, 0, 1)
                continue
            }
            if case .failed(let failure) = outcome { failed.withLock { $0 = failure } }
            return
        }
    }

    /// Sends each at its time; what is late at once.
    func send(_ schedule: Schedule) {
        for number in 0..<schedule.count where !isStopped.load(ordering: .relaxed) {
            let time = schedule.time(of: number).nanoseconds
            var wake = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
            while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nil) == EINTR {}
            submit(schedule.body(of: number))
        }
    }
}
