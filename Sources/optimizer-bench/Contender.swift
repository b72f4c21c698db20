import Baseline
import Glibc
import Kafka
import Messages
import System
import Worker

/// What works off requests, in processes of its own.
protocol Contender {
    /// Processor time of all its processes so far, in nanoseconds.
    func used() throws -> Double
    func stop()
}

enum ContenderKind: String, CaseIterable {
    case node
    /// The same, which keeps the order of each key or partition; only where that is asked for.
    case ordered
    /// The same, which delivers exactly once; only where that is asked for.
    case transactional
    /// A loop in C with the same isolation.
    case isolated
    /// A loop in C with nothing between consume and produce.
    case plain

    /// - Parameter ordering: of the node that keeps it.
    func start(on kafka: BenchKafka.Address, slots: Int, ordering: String? = nil) throws -> any Contender {
        switch self {
        case .node: try MeasuredNode(on: kafka, slots: slots, settings: ["metrics.http=null"])
        case .ordered:
            try MeasuredNode(
                on: kafka, slots: slots, settings: ["metrics.http=null", "ordering=\(ordering ?? "key")"])
        case .transactional:
            try MeasuredNode(
                on: kafka, slots: slots, settings: ["metrics.http=null", "delivery=exactly_once", "node.id=bench"])
        case .isolated: try MeasuredLoop(on: kafka, children: slots, lingerMs: 5)
        case .plain: try MeasuredLoop(on: kafka, children: 0, lingerMs: 5)
        }
    }
}

/// A `BaselineWorker` in a process of its own.
struct MeasuredLoop: Contender {
    private let process: BenchProcess

    /// - Parameter lingerMs: how long a result waits for others that go with it.
    init(on kafka: BenchKafka.Address, children: Int, lingerMs: Int) throws {
        process = try BenchProcess(["loop", kafka.json.text, "\(children)", "\(lingerMs)"])
    }

    func used() throws -> Double {
        guard let all = try process.order("{}")["all"]?.double else {
            throw BenchProcess.Failure(description: "a loop does not say what it used")
        }
        return all
    }

    func stop() { process.stop() }

    // MARK: The loop's process

    static func serve(_ words: [String]) -> Int32 {
        do {
            guard words.count == 4, let children = Int(words[2]) else {
                throw BenchProcess.Failure(description: "loop ADDRESS CHILDREN LINGER_MS")
            }
            let kafka = try BenchKafka.Address(try JSONValue.parse(Array(words[1].utf8)))
            let worker = try worker(on: kafka, children: children, linger: words[3])
            let thread = try PermanentThread(name: "loop") {
                do {
                    try worker.run()
                } catch {
                    StandardError.write("optimizer-bench loop: \(error)")
                    // Who waits for it hears of it.
                    _exit(ExitCode.failure)
                }
            }
            defer {
                worker.stop()
                thread.join()
            }
            return BenchProcess.serve(ready: .object([])) { _ in
                let children = worker.children.reduce(0) { $0 + ThreadTimes.scheduled("/proc/\($1)/schedstat") }
                return .object([JSONMember("all", .number(ThreadTimes.ofThisProcess + children))])
            }
        } catch {
            StandardError.write("optimizer-bench loop: \(error)")
            return ExitCode.failure
        }
    }

    /// With a node's settings, but for those that would hold it up or that a node has for others to look at.
    private static func worker(
        on kafka: BenchKafka.Address, children: Int, linger: String
    ) throws -> BaselineWorker {
        let both = [
            // Errors go to the standard error: no part of the loop asks for lines.
            ClientProperties.Property("log.queue", "false"), ClientProperties.Property("log_level", "3"),
            ClientProperties.Property("statistics.interval.ms", "0"),
        ]
        let consumer = try ClientProperties.consumer(
            bootstrap: kafka.bootstrap, groupID: kafka.stem, partitions: Feeder.partitions, embedded: kafka.isEmbedded,
            overrides: both + [
                ClientProperties.Property("session.timeout.ms", "6000"),
                // Never full: librdkafka 2.0.2 would sleep for a second where it is.
                ClientProperties.Property("queued.max.messages.kbytes", "262144"),
            ])
        let producer = try ClientProperties.producer(
            bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded,
            overrides: both + [ClientProperties.Property("linger.ms", linger)])
        return try BaselineWorker(
            consumer: consumer.properties.map { ($0.name, $0.value) },
            producer: producer.properties.map { ($0.name, $0.value) }, requests: kafka.topics.requests,
            results: kafka.topics.results, children: children)
    }
}
