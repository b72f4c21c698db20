import Configuration
import Glibc
import Kafka
import Messages
import Scheduling
import System
import Worker

/// `optimizer run`: a worker node.
enum RunCommand: Command {
    static let name = "run"
    static let summary = "a worker node"
    static let help = """
        optimizer run [--config FILE] [--set KEY=VALUE]...

        Takes requests from Kafka, runs each in a host process out of the pool, publishes a result for every one.
        SIGTERM or SIGINT drains and ends it with 0; a second one ends it at once. SIGHUP reads disabledStrategies
        again. Exit code 70: fenced, fatal, or not ended in time, start it again. 78: something must be set up first.
        """
    static let options = ConfigurationOptions.all
    /// What the files of the configuration may take to be read again.
    private static let reloadMs = 5000

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let configuration = try ConfigurationOptions.load(arguments)
        // Before any thread: what is blocked here is blocked in all of them, and waits for this one.
        let signals = SignalWait()
        do throws(SystemFailure) {
            let lines = try LogQueue(configuration.logging)
            let log = Log(lines, configuration.logging)
            let record = RunRecord(configuration, environment: ConfigurationOptions.environment, log: log)
            for warning in configuration.warnings { log.warning(warning.description) }
            let end = ProcessEnd(lines, record)
            let stop = StopRequest()
            try end.watch(stop, within: configuration.shutdown.drainMs)
            run(configuration, signals, stop, end, log) { node, log in
                // A disk that hangs must not keep the next signal from being heard.
                let loaded = BoundedCall.run("reload", until: .now().adding(milliseconds: reloadMs)) {
                    Result { () throws(CommandFailure) in try ConfigurationOptions.load(arguments) }
                }
                switch loaded {
                case .success(let configuration): node.reload(configuration)
                case .failure(let failure): notReloaded(failure.message, log)
                case nil: notReloaded("its files could not be read within \(reloadMs) ms", log)
                }
            }
        } catch {
            throw CommandFailure(error.description, code: ExitCode.software)
        }
    }

    private static func notReloaded(_ cause: String, _ log: Log) {
        log.error("the configuration is not read again", JSONMember("cause", .string(cause)))
    }

    /// The node has a thread of its own; this one waits for signals and for the node's end.
    private static func run(
        _ configuration: OptimizerConfiguration, _ signals: SignalWait, _ stop: StopRequest, _ end: ProcessEnd,
        _ log: Log, reload: (Node, Log) -> Void
    ) -> Never {
        do throws(NodeFailure) {
            let broker = try embeddedBroker(configuration, log)
            defer { broker?.close() }
            let clients = KafkaClients(configuration.kafka, embedded: broker?.bootstrapServers)
            var settings = try NodeSettings(configuration)
            settings.lastEnd = end.record.previous
            settings.noteEnd = { end.record.note($0) }
            settings.serviceManager = ServiceManager(environment: ConfigurationOptions.environment)
            let running = try NodeThread(
                whenEnded: { signals.wakeUp() },
                makeNode: { [settings] () throws(NodeFailure) in
                    try Node(settings, clients: clients, log: log, stop: stop)
                })
            while !running.hasEnded {
                switch signals.wait() {
                case .end where stop.request(): break
                case .end: end.now(.stopped, ExitCode.failure, "a second signal: ended at once", log)
                case .reload: if let node = running.node { reload(node, log) }
                case .wakeUp where running.hasEnded: break
                case .wakeUp: log.info("SIGUSR1 and SIGUSR2 mean nothing to a node; one came and was ignored")
                }
            }
            let code = try running.result(until: nil) ?? ExitCode.software
            broker?.close()
            end.now(code)
        } catch {
            end.now(error)
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
