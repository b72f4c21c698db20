package import Kafka

/// Looks for the topics before they are used: a broker is never made to create one by accident.
package struct TopicCheck: Sendable {
    let topics: TopicNames

    /// What a node has to know of the cluster before it joins.
    struct Cluster: Sendable {
        /// Of the requests topic.
        let partitions: Int
        /// The cluster's name for itself.
        let id: String
        /// What the topics that the node writes results to take at once, in bytes; nil where the cluster does not say.
        let largestBatch: Int?

        /// Whether it is librdkafka's mock cluster, in whichever process.
        var isEmbedded: Bool { AdminClient.isEmbedded(id) }
    }

    /// Asks once. Blocks up to a few times `timeoutMs`.
    ///
    /// - Throws: `StartObstacle` naming all that is missing and the command that makes it, or why nobody answers.
    func ask(_ admin: AdminClient, _ clients: KafkaClients, timeoutMs: Int32) throws(StartObstacle) -> Cluster {
        let found = try Self.topics(admin, clients, timeoutMs: timeoutMs)
        let missing = topics.all.filter { name in !found.contains { $0.name == name && $0.failure == nil } }
        guard missing.isEmpty, let requests = found.first(where: { $0.name == topics.requests }) else {
            throw StartObstacle(
                description: "the broker does not have, or does not show to this user, the topic"
                    + "\(missing.count == 1 ? "" : "s") " + missing.joined(separator: ", ")
                    + "; create what is missing with: optimizer topics create "
                    + (["--brokers \(clients.bootstrapServers)"] + missing.map { "--topic \($0)" })
                    .joined(separator: " "), code: ExitCode.configuration, mayPass: true)
        }
        let id = admin.clusterID(timeoutMs: timeoutMs)
        // The mock has no controller, and lets the question for settings run into its time-out.
        let asksForSettings = id.map(AdminClient.isEmbedded) != true
        return Cluster(
            partitions: requests.partitions.count, id: id ?? "unnamed-cluster",
            largestBatch: asksForSettings ? largestBatch(admin) : nil)
    }

    /// Every topic this principal may see.
    /// - Throws: `NodeFailure` with why nobody answers, or what has to be set up first.
    package static func list(_ clients: KafkaClients) throws(NodeFailure) -> [TopicDescription] {
        do throws(StartObstacle) {
            let admin: AdminClient
            do throws(KafkaFailure) {
                admin = try clients.admin()
            } catch {
                throw obstacle(error, clients)
            }
            defer { admin.close() }
            return try topics(admin, clients, timeoutMs: 10_000)
        } catch {
            throw NodeFailure(error.description, code: error.code)
        }
    }

    private static func topics(
        _ admin: AdminClient, _ clients: KafkaClients, timeoutMs: Int32
    ) throws(StartObstacle) -> [TopicDescription] {
        do throws(KafkaFailure) {
            return try admin.topics(timeoutMs: timeoutMs)
        } catch {
            // The request's own failure is mostly a timeout; what the client met on the way says why.
            throw obstacle(admin.problems().first { !$0.isTemporary || $0.kind == .handshake } ?? error, clients)
        }
    }

    private static func obstacle(_ failure: KafkaFailure, _ clients: KafkaClients) -> StartObstacle {
        let remedy = failure.remedy.map { "; \($0)" } ?? ""
        let isSetUp = failure.kind == .configuration || failure.kind == .authorization
        return StartObstacle(
            description: "cannot list the topics at \(clients.bootstrapServers): \(failure)\(remedy)",
            code: isSetUp ? ExitCode.configuration : ExitCode.unavailable, mayPass: failure.kind != .configuration)
    }

    /// What the topics that results and dead letters are written to take at once now, in bytes; nil where the cluster
    /// does not say. Blocks, about as long as a request may take.
    func lookUpLargestBatch(_ clients: KafkaClients) -> Int? {
        guard let admin = try? clients.admin() else { return nil }
        defer { admin.close() }
        // The mock lets the question for settings run into its time-out.
        guard let id = admin.clusterID(), !AdminClient.isEmbedded(id) else { return nil }
        return largestBatch(admin)
    }

    /// Brokers refuse a batch as a whole where it is too large, however small its records are.
    private func largestBatch(_ admin: AdminClient) -> Int? {
        // Who may write to a topic need not be allowed to look at its settings: then librdkafka's own bound serves.
        let settings = try? admin.setting("max.message.bytes", of: [topics.results, topics.deadLetters])
        return settings?.values.compactMap { Int($0) }.min()
    }
}
