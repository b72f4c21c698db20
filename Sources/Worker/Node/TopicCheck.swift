package import Kafka

/// Looks for the topics before they are used: a broker is never made to create one by accident.
package struct TopicCheck {
    let topics: TopicNames

    /// What a node has to know of the cluster before it joins.
    struct Cluster {
        /// Of the requests topic.
        let partitions: Int
        /// The cluster's name for itself.
        let id: String
        /// What the topics that the node writes results to take at once, in bytes; nil where the cluster does not say.
        let largestBatch: Int?

        /// Whether it is librdkafka's mock cluster, in whichever process.
        var isEmbedded: Bool { AdminClient.isEmbedded(id) }
    }

    /// - Throws: `NodeFailure` naming what is missing and the command that makes it, or why nobody answers.
    func run(_ clients: KafkaClients) throws(NodeFailure) -> Cluster {
        let (found, id, largestBatch) = try Self.ask(clients, written: [topics.results, topics.deadLetters])
        let missing = topics.all.filter { name in !found.contains { $0.name == name && $0.failure == nil } }
        guard missing.isEmpty, let requests = found.first(where: { $0.name == topics.requests }) else {
            throw NodeFailure(
                "the broker does not have, or does not show to this user, the topic\(missing.count == 1 ? "" : "s") "
                    + missing.joined(separator: ", ") + "; create what is missing with: optimizer topics create "
                    + (["--brokers \(clients.bootstrapServers)"] + missing.map { "--topic \($0)" })
                    .joined(separator: " "), code: ExitCode.configuration)
        }
        return Cluster(partitions: requests.partitions.count, id: id ?? "unnamed-cluster", largestBatch: largestBatch)
    }

    /// Every topic this principal may see.
    /// - Throws: `NodeFailure` with why nobody answers, or what has to be set up first.
    package static func list(_ clients: KafkaClients) throws(NodeFailure) -> [TopicDescription] {
        try ask(clients, written: []).topics
    }

    private static func ask(
        _ clients: KafkaClients, written: [String]
    ) throws(NodeFailure) -> (topics: [TopicDescription], clusterID: String?, largestBatch: Int?) {
        do throws(KafkaFailure) {
            let admin = try clients.admin()
            defer { admin.close() }
            do throws(KafkaFailure) {
                let topics = try admin.topics()
                let id = admin.clusterID()
                // The mock has no controller, and lets the question for settings run into its time-out.
                let asksForSettings = !written.isEmpty && id.map(AdminClient.isEmbedded) != true
                return (topics, id, asksForSettings ? largestBatch(of: written, admin) : nil)
            } catch {
                // The request's own failure is mostly a timeout; what the client met on the way says why.
                throw admin.problems().first { !$0.isTemporary || $0.kind == .handshake } ?? error
            }
        } catch {
            let remedy = error.remedy.map { "; \($0)" } ?? ""
            let isSetUp = error.kind == .configuration || error.kind == .authorization
            throw NodeFailure(
                "cannot list the topics at \(clients.bootstrapServers): \(error)\(remedy)",
                code: isSetUp ? ExitCode.configuration : ExitCode.unavailable)
        }
    }

    /// Brokers refuse a batch as a whole where it is too large, however small its records are.
    private static func largestBatch(of topics: [String], _ admin: AdminClient) -> Int? {
        // Who may write to a topic need not be allowed to look at its settings: then librdkafka's own bound serves.
        let settings = try? admin.setting("max.message.bytes", of: topics)
        return settings?.values.compactMap { Int($0) }.min()
    }
}
