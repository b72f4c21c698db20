import Configuration
import Kafka
import Worker

/// `optimizer broker`: the embedded broker alone.
enum BrokerCommand: Command {
    static let name = "broker"
    static let summary = "the embedded broker alone, for trying things out"
    static let help = """
        optimizer broker [--bootstrap-file FILE] [--partitions N]

        Starts librdkafka's mock cluster with the topics on 127.0.0.1 and writes its address, one line, to
        standard output and to FILE. It ends with SIGTERM or SIGINT, keeps nothing, and keeps at most 5 MiB of
        records per partition while it runs.
        """
    static let options =
        ConfigurationOptions.all + [
            Option("bootstrap-file", value: "FILE", "where to write the address as well"),
            Option("partitions", value: "N", "partitions of the requests topic (6)"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let configuration = try ConfigurationOptions.load(arguments)
        let partitions = try arguments.integer("partitions", in: 1...1000) ?? EmbeddedKafka.requestPartitions
        let signals = SignalWait()
        do throws(NodeFailure) {
            let broker = try EmbeddedKafka.start(TopicNames(configuration.kafka.topics), partitions: partitions)
            defer { broker.close() }
            if let file = arguments.value("bootstrap-file"),
                !TextFile.write(broker.bootstrapServers + "\n", to: file)
            {
                throw NodeFailure("cannot write \(file)", code: ExitCode.failure)
            }
            Output.data(broker.bootstrapServers)
            while signals.wait() != .end {}
            return ExitCode.success
        } catch {
            throw CommandFailure(error.description, code: error.code)
        }
    }
}
