import Configuration
import Glibc
import Kafka
import Messages
import Worker

/// `optimizer run`: a worker node.
enum RunCommand: Command {
    static let name = "run"
    static let summary = "a worker node"
    static let help = """
        optimizer run [--config FILE] [--set KEY=VALUE]...

        Takes requests from Kafka, runs each in a host process out of the pool, publishes a result for every one.
        SIGTERM or SIGINT drains and ends it with 0; a second one ends it at once. SIGHUP reads disabledStrategies
        again. Exit code 70: fenced or fatal, start it again. 78: something must be set up first.
        """
    static let options = ConfigurationOptions.all

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let configuration = try ConfigurationOptions.load(arguments)
        // Before any thread: what is blocked here is blocked in all of them, and waits for this one.
        let signals = SignalWait()
        let log = Log(configuration.logging)
        let record = RunRecord(configuration, environment: ConfigurationOptions.environment, log: log)
        for warning in configuration.warnings { log.warning(warning.description) }
        do throws(NodeFailure) {
            let broker = try embeddedBroker(configuration, log)
            defer { broker?.close() }
            let clients = KafkaClients(configuration.kafka, embedded: broker?.bootstrapServers)
            var settings = try NodeSettings(configuration)
            settings.lastEnd = record.previous
            settings.noteEnd = { record.note($0) }
            let node = try Node(settings, clients: clients, log: log)
            return try run(node, signals) {
                do throws(CommandFailure) {
                    node.reload(try ConfigurationOptions.load(arguments))
                } catch {
                    log.error("the configuration is not read again", JSONMember("cause", .string(error.message)))
                }
            }
        } catch {
            record.note(NodeEnd(error, time: .now()))
            throw CommandFailure(error.description, code: error.code)
        }
    }

    /// The node has a thread of its own; this one waits for signals and for the node's end.
    private static func run(
        _ node: Node, _ signals: SignalWait, reload: () -> Void
    ) throws(NodeFailure) -> Int32 {
        let running = try NodeThread(node) { signals.wakeUp() }
        while true {
            switch signals.wait() {
            case .end:
                if !node.requestStop() { _exit(ExitCode.failure) }
            case .reload:
                reload()
            case .wakeUp: return try running.result()
            }
        }
    }

    private static func embeddedBroker(
        _ configuration: OptimizerConfiguration, _ log: Log
    ) throws(NodeFailure) -> EmbeddedBroker? {
        guard configuration.kafka.isEmbedded else { return nil }
        let broker = try EmbeddedKafka.start(TopicNames(configuration.kafka.topics))
        log.warning(
            "embedded broker: it ends with this process and keeps at most 5 MiB per partition",
            JSONMember("bootstrap_servers", .string(broker.bootstrapServers)))
        return broker
    }
}
