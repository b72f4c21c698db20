import Kafka
import System
import Worker

/// `optimizer demo`: everything at once, on one screen.
enum DemoCommand: Command {
    static let name = "demo"
    static let summary = "embedded broker, two nodes, producer and consumer on one screen; ends by itself"
    static let help = """
        optimizer demo [--requests N] [--data FILE]

        Starts the embedded broker and two worker nodes, submits sma_crossover requests over sample market data in
        bursts that fill the nodes' queues, and shows what happens until every request has its result. On a terminal
        it draws one screen, else it writes a line a second. Nothing is left behind. Exit code 1: a node ended, a
        result is missing or not completed; 130: interrupted.
        """
    static let options = [
        Option("requests", value: "N", "how many requests to submit (\(defaultRequests))"),
        Option("data", value: "FILE", "daily bars as CSV (\(SampleData.shippedFile))"),
    ]

    private static let defaultRequests = 6000
    /// The embedded broker keeps 5 MiB a partition, and the results of more would not fit.
    private static let mostRequests = 10_000

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let requests = try arguments.integer("requests", in: 1...mostRequests) ?? defaultRequests
        let file = try SampleData.find(arguments.value("data"))
        // Before any thread: what is blocked here is blocked in all of them.
        let signals = SignalWait()
        let directory = try failing { () throws(SystemFailure) in try TemporaryDirectory(prefix: "optimizer-demo") }
        defer { directory.remove() }
        let data = try SampleData(importing: file, under: directory.path + "/data")
        let topics = DemoNodes.topics
        let broker = try failing { () throws(NodeFailure) in try EmbeddedKafka.start(topics) }
        defer { broker.close() }
        let workload = DemoWorkload(requests: requests, bars: data.bars)
        let summary = try run(workload, topics, broker.bootstrapServers, directory.path, signals)
        try DataWriter.write(summary.lines)
        return ExitCode.success
    }

    /// The screen is given back, the clients are closed and the nodes are gone when this returns or throws.
    private static func run(
        _ workload: DemoWorkload, _ topics: TopicNames, _ broker: String, _ directory: String, _ signals: SignalWait
    ) throws(CommandFailure) -> DemoSummary {
        let nodes = DemoNodes(directory: directory)
        defer { nodes.kill() }
        try nodes.start(bootstrapServers: broker, dataRoot: directory + "/data")
        let producer = try failing { () throws(KafkaFailure) in
            try KafkaProducer(.producer(bootstrap: broker, embedded: true), wakeDescriptor: nil)
        }
        defer { producer.destroy() }
        let reader = try failing { () throws(KafkaFailure) in
            try TopicReader(
                .reader(bootstrap: broker, embedded: true),
                topics: [(topics.results, .beginning), (topics.metrics, .beginning)])
        }
        defer { reader.close() }
        let view = DemoView(
            title: "\(DemoNodes.count) nodes, broker \(broker)", partitions: EmbeddedKafka.requestPartitions)
        defer { view.close() }
        return try DemoRun(
            topics: topics, nodes: nodes, producer: producer, reader: reader, signals: signals, view: view,
            workload: workload
        ).run()
    }

    private static func failing<Value: ~Copyable, Failure: Error & CustomStringConvertible>(
        _ body: () throws(Failure) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(Failure) {
            return try body()
        } catch {
            throw CommandFailure(error.description)
        }
    }
}
