package import Configuration
package import Kafka

/// Makes clients from the configuration.
package struct KafkaClients: Sendable {
    package let bootstrapServers: String
    private let configuration: OptimizerConfiguration.Kafka
    private(set) var isEmbedded: Bool

    /// - Parameter bootstrapServers: of the embedded broker, where there is one; else the configuration's.
    package init(_ configuration: OptimizerConfiguration.Kafka, embedded bootstrapServers: String? = nil) {
        self.configuration = configuration
        self.bootstrapServers = bootstrapServers ?? configuration.bootstrapServers
        isEmbedded = bootstrapServers != nil
    }

    /// These clients for a cluster that has told its name: the embedded broker of another process needs what one's own
    /// does. With the usual session of 45 s the group there waits for as long before it takes the next node in.
    func knowing(_ cluster: TopicCheck.Cluster) -> KafkaClients {
        var clients = self
        clients.isEmbedded = isEmbedded || cluster.isEmbedded
        return clients
    }

    /// - Parameter partitions: of the requests topic.
    func consumer(partitions: Int, wakeDescriptor: Int32) throws(KafkaFailure) -> KafkaConsumer {
        try KafkaConsumer(consumerProperties(partitions: partitions), wakeDescriptor: wakeDescriptor)
    }

    func consumerProperties(partitions: Int) throws(KafkaFailure) -> ClientProperties {
        try ClientProperties.consumer(
            bootstrap: bootstrapServers, groupID: configuration.groupId, instanceID: configuration.groupInstanceId,
            brokerAssigns: configuration.groupProtocol == .consumer, prefetchMB: configuration.prefetchMB,
            partitions: partitions, embedded: isEmbedded,
            overrides: overrides(configuration.consumer))
    }

    /// After how long without a heartbeat a node's partitions go to others, in milliseconds; where the broker says it, as
    /// long as it says unless it is told otherwise.
    package func sessionTimeoutMs() throws(KafkaFailure) -> Int {
        guard configuration.groupProtocol == .classic else { return 45_000 }
        let properties = try consumerProperties(partitions: 1).properties
        let given = properties.last { $0.name == "session.timeout.ms" }.flatMap { Int($0.value) }
        return given ?? 45_000
    }

    /// The producer of what must arrive: results and dead letters, and the requests of `optimizer submit`.
    /// - Parameters:
    ///   - bounds: of its queue and its batches, whatever the configuration says.
    ///   - isSilent: it says nothing of how it is.
    package func producer(
        wakeDescriptor: Int32?, bounds: [ClientProperties.Property] = [], isSilent: Bool = false
    ) throws(KafkaFailure) -> KafkaProducer {
        let defaults = wakeDescriptor == nil || isSilent ? [] : [ClientProperties.statistics]
        let properties = try ClientProperties.producer(
            bootstrap: bootstrapServers, embedded: isEmbedded,
            overrides: defaults + overrides(configuration.producer) + bounds)
        return try KafkaProducer(properties, wakeDescriptor: wakeDescriptor)
    }

    /// The producer of a node that delivers exactly once.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    func transactionalProducer(
        id: String, timeoutMs: Int, wakeDescriptor: Int32?, bounds: [ClientProperties.Property] = []
    ) throws(KafkaFailure) -> KafkaProducer {
        let defaults = wakeDescriptor == nil ? [] : [ClientProperties.statistics]
        let properties = try ClientProperties.transactionalProducer(
            bootstrap: bootstrapServers, id: id, timeoutMs: timeoutMs, embedded: isEmbedded,
            overrides: defaults + overrides(configuration.producer) + bounds)
        return try KafkaProducer(properties, wakeDescriptor: wakeDescriptor)
    }

    /// What may lie in the queue of a node's producer, in units of 2^10 bytes: what the configuration says, or as much
    /// as its requests in flight may have; a message always finds room.
    static func outputKilobytes(_ configuration: OptimizerConfiguration) -> Int {
        func number(_ name: String) -> Int? { configuration.kafka.producer[name].flatMap { Int($0.exposed) } }
        if let given = number("queue.buffering.max.kbytes") { return given }
        let largest = number("message.max.bytes") ?? 1_000_000
        return max(configuration.backpressure.maxInFlightMB * 1024, largest / 1024 + 1)
    }

    /// Bytes that a batch of the producer may have by the configuration, or by librdkafka's default.
    var batchBytes: Int { configuration.producer["batch.size"].flatMap { Int($0.exposed) } ?? 1_000_000 }

    func metricsProducer() throws(KafkaFailure) -> KafkaProducer {
        let properties = try ClientProperties.metricsProducer(
            bootstrap: bootstrapServers, embedded: isEmbedded, overrides: overrides(nil))
        return try KafkaProducer(properties, wakeDescriptor: nil)
    }

    /// A client that looks at the group and its topic while a node runs, and joins nothing.
    package func groupObserver() throws(KafkaFailure) -> AdminClient { try AdminClient(observerProperties()) }

    private func observerProperties() throws(KafkaFailure) -> ClientProperties {
        try ClientProperties.groupObserver(
            bootstrap: bootstrapServers, groupID: configuration.groupId, embedded: isEmbedded,
            overrides: overrides(configuration.consumer))
    }

    /// Tries what the group lets these clients do; see `GroupTrial`.
    func tryGroup(topic: String, _ partitions: [Int32], timeoutMs: Int32) throws(KafkaFailure) -> GroupTrial {
        try GroupTrial(observerProperties(), topic: topic, partitions: partitions, timeoutMs: timeoutMs)
    }

    package func admin() throws(KafkaFailure) -> AdminClient {
        try AdminClient(
            ClientProperties.admin(
                bootstrap: bootstrapServers, embedded: isEmbedded, overrides: overrides(nil)))
    }

    /// Whether nodes read what transactions have not committed, too.
    package var readsUncommitted: Bool {
        overrides(configuration.consumer).last { $0.name == "isolation.level" }?.value == "read_uncommitted"
    }

    var groupID: String { configuration.groupId }

    /// Who the brokers take these clients for, as Kafka's access rules name it by default.
    package var principal: String {
        let properties = configuration.client
        if let name = properties["sasl.username"]?.exposed { return "User:\(name)" }
        if let name = properties["sasl.kerberos.principal"]?.exposed { return "User:\(name)" }
        let certificate = ["ssl.certificate.location", "ssl.certificate.pem", "ssl.keystore.location"]
        return certificate.contains { properties[$0] != nil }
            ? "the principal of this node's certificate" : "User:ANONYMOUS"
    }

    /// The topics these clients may not write to; see `WriteTrial`.
    func writeRefusals(_ topics: [String], timeoutMs: Int32) throws(KafkaFailure) -> [String: KafkaFailure] {
        guard !topics.isEmpty else { return [:] }
        return try WriteTrial.refusals(
            ClientProperties.writeTrial(
                bootstrap: bootstrapServers, timeoutMs: timeoutMs, overrides: overrides(nil)),
            topics: topics, timeoutMs: timeoutMs)
    }

    /// Properties of a reader that belongs to no group.
    package func readerProperties() throws(KafkaFailure) -> ClientProperties {
        try ClientProperties.reader(
            bootstrap: bootstrapServers, embedded: isEmbedded, overrides: overrides(nil))
    }

    /// What every client gets, then what this kind gets: the later wins.
    private func overrides(_ own: KafkaProperties?) -> [ClientProperties.Property] {
        [configuration.client, own].compactMap(\.self).flatMap { properties in
            properties.names.compactMap { name in
                properties[name].map { ClientProperties.Property(name, $0.exposed, isSecret: $0.isSecret) }
            }
        }
    }
}
