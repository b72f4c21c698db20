import Configuration
import Kafka
import Worker

/// What a command that talks to Kafka has: the configuration, clients made from it, and the names of the topics.
struct KafkaConnection {
    let configuration: OptimizerConfiguration
    let clients: KafkaClients
    private(set) var topics: TopicNames

    /// - Parameter topic: the topic `--topic` names for this command; nil where it is looked at by the command itself.
    /// - Throws: what is wrong with the configuration, code 78.
    init(
        _ arguments: Arguments, topic: WritableKeyPath<TopicNames, String>? = nil
    ) throws(CommandFailure) {
        configuration = try ConfigurationOptions.load(arguments)
        guard !configuration.kafka.isEmbedded else {
            throw CommandFailure(
                "kafka.bootstrapServers is \"embedded\": that broker lives inside the process that started it. "
                    + "Give the address it told with --brokers HOST:PORT, or start one with: optimizer broker",
                code: ExitCode.configuration)
        }
        clients = KafkaClients(configuration.kafka)
        topics = TopicNames(configuration.kafka.topics)
        if let topic, let name = arguments.value("topic") { topics[keyPath: topic] = name }
    }

    /// Every topic this principal may see.
    /// - Throws: why nobody answers, code 69, or what has to be set up first, code 78.
    func listTopics() throws(CommandFailure) -> [TopicDescription] {
        do throws(NodeFailure) {
            return try TopicCheck.list(clients)
        } catch {
            throw CommandFailure(error.description, code: error.code)
        }
    }

    /// A topic that has to be there: it is never made by using it.
    /// - Throws: that it is missing, code 78, and what makes it.
    func topic(_ name: String) throws(CommandFailure) -> TopicDescription {
        guard let found = try listTopics().first(where: { $0.name == name && $0.failure == nil }) else {
            throw CommandFailure(
                "the broker does not have, or does not show to this user, the topic \(name); create it with: "
                    + "optimizer topics create --brokers \(clients.bootstrapServers) --topic \(name)",
                code: ExitCode.configuration)
        }
        return found
    }

    /// Gives an admin client to the closure and closes it.
    func withAdmin<Value>(
        _ what: String, _ body: (AdminClient) throws(KafkaFailure) -> Value
    ) throws(CommandFailure) -> Value {
        try with(clients.admin, what, body)
    }

    /// Gives a client that looks at the group and its topic to the closure and closes it.
    func withGroupObserver<Value>(
        _ what: String, _ body: (AdminClient) throws(KafkaFailure) -> Value
    ) throws(CommandFailure) -> Value {
        try with(clients.groupObserver, what, body)
    }

    private func with<Value>(
        _ open: () throws(KafkaFailure) -> AdminClient, _ what: String,
        _ body: (AdminClient) throws(KafkaFailure) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(KafkaFailure) {
            let client = try open()
            defer { client.close() }
            do throws(KafkaFailure) {
                return try body(client)
            } catch {
                throw client.explain(error)
            }
        } catch {
            throw CommandFailure(error, what)
        }
    }
}

extension CommandFailure {
    /// - Parameter what: completes "cannot".
    init(_ failure: KafkaFailure, _ what: String) {
        let code =
            switch failure.kind {
            case .authorization, .configuration, .missing: ExitCode.configuration
            case .transient: ExitCode.unavailable
            default: ExitCode.failure
            }
        self.init("cannot \(what): \(failure)" + (failure.remedy.map { "; \($0)" } ?? ""), code: code)
    }
}
