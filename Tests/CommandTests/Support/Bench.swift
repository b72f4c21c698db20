import Glibc
import Kafka
import Messages
import TestSupport
import Testing

/// The four topics on `optimizer broker`, or on the cluster `KAFKA_BOOTSTRAP_SERVERS` names; with or without a node.
///
/// Safety: everything is written in `init` and `close`, which the suite's scope calls before and after its tests.
final class Bench: @unchecked Sendable {
    let address: String
    let folder: TemporaryFolder
    let names: BenchNames
    /// nil with a real Kafka.
    private let broker: Program?
    private var node: Program?

    @TaskLocal static var shared: Bench?

    static let realBootstrap = getenv("KAFKA_BOOTSTRAP_SERVERS").map { String(cString: $0) }

    init() throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        if let real = Self.realBootstrap {
            address = real
            broker = nil
            names = .unique()
            try names.create(on: real)
        } else {
            names = .configured
            let broker = try Program([
                "broker", "--bootstrap-file", folder.file("bootstrap"), "--set", "metrics.http=null",
            ])
            self.broker = broker
            try eventually("the broker's address") { !folder.text("bootstrap").isEmpty || broker.hasEnded }
            guard !broker.hasEnded else { throw Failure("the broker has ended: \(broker.words)") }
            address = String(folder.text("bootstrap").prefix { $0 != "\n" })
        }
    }

    /// Starts a node and waits until it answers.
    func startNode(http: String = "null", more settings: [String] = []) throws {
        node = try start(
            [
                "run", "--set", "metrics.http=\(http)", "--set", "data.root=\(folder.path)/data",
                "--set", "pool.maxConcurrentStrategies=2", "--set", "limits.memoryMB=128",
                "--set", "limits.timeoutMs=\(Patience.milliseconds)",
            ] + settings.flatMap { ["--set", $0] })
        try submit([Self.request("the-node-is-up")])
        let answer = try optimizer(["results", "--follow", "--request", "the-node-is-up"] + Patience.option)
        guard answer.code == 0 else { throw Failure("the node does not answer: \(node?.words ?? "")") }
    }

    /// Ends the node, and lets its place be taken by another.
    func stopNode() throws {
        node?.signal(SIGTERM)
        _ = try node?.outcome()
        node = nil
    }

    func close() throws {
        for program in [node, broker] {
            program?.signal(SIGTERM)
            _ = try program?.outcome()
        }
        if broker == nil { try names.delete(from: address) }
    }

    /// Runs a command against the broker.
    func optimizer(_ words: [String], input: String? = nil, outputPath: String? = nil) throws -> Program.Outcome {
        try Program.run(
            words + ["--brokers", address], input: input, environment: names.environment, outputPath: outputPath)
    }

    func start(_ words: [String], input: Program.Input = .none, outputPath: String? = nil) throws -> Program {
        try Program(
            words + ["--brokers", address], input: input, environment: names.environment, outputPath: outputPath)
    }

    /// Puts requests into the topic.
    func submit(_ lines: [String]) throws {
        let outcome = try optimizer(["submit", "-", "--no-check"], input: lines.map { $0 + "\n" }.joined())
        guard outcome.code == 0 else { throw Failure("submit: \(outcome.words)") }
    }

    /// Submits, and waits until every one of these requests has a result.
    func process(_ lines: [String], _ ids: [String]) throws {
        try submit(lines)
        let words = ids.flatMap { ["--request", $0] }
        let outcome = try optimizer(["results", "--follow"] + Patience.option + words)
        guard outcome.code == 0 else { throw Failure("results: \(outcome.words)") }
    }

    static func request(_ id: String, _ strategy: String = "noop", _ parameters: String = "{}") -> String {
        #"{"request_id":"\#(id)","strategy":{"name":"\#(strategy)","parameters":\#(parameters)}}"#
    }

    // MARK: The topics, seen without the command line

    /// All that is in a topic now.
    func records(_ topic: String) throws -> [KafkaRecord] {
        let reader = try TopicReader(.reader(bootstrap: address), topics: [(topic, .beginning)])
        defer { reader.close() }
        var records: [KafkaRecord] = []
        try eventually("the end of \(topic)") {
            while true {
                switch reader.next(timeoutMs: 100) {
                case .record(_, let record): records.append(record)
                case .caughtUp: return true
                case .idle, .failure: return false
                }
            }
        }
        return records
    }

    /// Puts a record into a topic as it is.
    func produce(_ topic: String, key: [UInt8]? = nil, value: [UInt8]?, headers: [KafkaHeader] = []) throws {
        let producer = try KafkaProducer(.producer(bootstrap: address), wakeDescriptor: nil)
        defer { producer.destroy() }
        var failure: KafkaFailure?
        guard producer.produce(topic: topic, key: key, value: value, headers: headers, token: 0) == .queued else {
            throw Failure("a record was not taken")
        }
        try eventually("the acknowledgement") { producer.flushStep(timeoutMs: 100) { failure = $0.failure } }
        if let failure { throw failure }
    }
}

/// One broker for all tests of a suite.
struct WithBench: SuiteTrait, TestScoping {
    /// Whether there is a node, too: joining a group takes its time.
    let hasNode: Bool

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await MachineTurn.take(.nodes(1)) {
            let bench = try Bench()
            defer { #expect(throws: Never.self) { try bench.close() } }
            if hasNode { try bench.startNode() }
            try await Bench.$shared.withValue(bench) { try await function() }
        }
    }
}

extension Trait where Self == WithBench {
    static var broker: WithBench { WithBench(hasNode: false) }
    static var node: WithBench { WithBench(hasNode: true) }
}

/// The suite's broker.
var bench: Bench {
    get throws { try #require(Bench.shared) }
}

/// What a program reads: one JSON object a line.
func objects(_ text: String) throws -> [JSONValue] {
    try text.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
}
