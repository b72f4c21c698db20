package import Kafka

/// Looks for the topics before they are used, and tries what the node will have to do: a broker is never made to create
/// a topic by accident, and a permission that is missing is found before the first request is.
package struct TopicCheck: Sendable {
    let topics: TopicNames
    /// What the node's transactions go by; nil: it has none.
    var transactionalID: String?

    /// What a node has to know of the cluster before it joins.
    struct Cluster: Sendable {
        /// Of the requests topic.
        let partitions: Int
        /// The cluster's name for itself.
        let id: String
        /// What the topics that the node writes results to take at once, in bytes; nil where the cluster does not say.
        var largestBatch: Int?
        /// How many records the group begins with, where it has committed nothing; nil where it has, or nobody says.
        var uncommittedRecords: Int?

        /// Whether it is librdkafka's mock cluster, in whichever process.
        var isEmbedded: Bool { AdminClient.isEmbedded(id) }
    }

    /// Asks once. Blocks up to a few times `timeoutMs`.
    ///
    /// - Throws: `StartObstacle` naming all that is missing or refused, or why nobody answers.
    func ask(_ admin: AdminClient, _ clients: KafkaClients, timeoutMs: Int32) throws(StartObstacle) -> Cluster {
        let answer: (cluster: Cluster?, lacks: StartLacks)
        do throws(KafkaFailure) {
            answer = try look(admin, clients, timeoutMs: timeoutMs)
        } catch {
            throw Self.obstacle(admin.explain(error), clients)
        }
        guard answer.lacks.isEmpty, let cluster = answer.cluster else {
            let words = answer.lacks.description(
                bootstrapServers: clients.bootstrapServers, principal: clients.principal)
            throw StartObstacle(description: words, code: ExitCode.configuration, mayPass: true)
        }
        if let transactionalID { try tryTransactions(transactionalID, clients, timeoutMs: timeoutMs) }
        return cluster
    }

    /// Opens what transactions need, as the node will, and commits what must be refused: a broker that knows no transactions,
    /// does not let this node have any, or does not look at whose commits are in them, shows before the node is in its group.
    private func tryTransactions(_ id: String, _ clients: KafkaClients, timeoutMs: Int32) throws(StartObstacle) {
        let failure: KafkaFailure
        do throws(KafkaFailure) {
            let producer = try clients.transactionalProducer(
                id: id, timeoutMs: NodeSettings.transactionTimeoutMs, wakeDescriptor: nil)
            defer { producer.destroy() }
            if try isFencing(producer, clients, timeoutMs: timeoutMs) { return }
            failure = .invalid(
                "it takes commits in a transaction whoever they are of, so that a node that was cut off could publish what "
                    + "others have; Apache Kafka does not from 2.5 on")
        } catch {
            failure = error
        }
        // Fatal for the producer is what the broker says of this principal, too.
        let kind = KafkaFailure.known(failure.code).kind
        let remedy =
            kind == .authorization
            ? "; grant \(clients.principal) Write on the transactional id \(id)" : ""
        throw StartObstacle(
            description: "cannot open transactions as \(id), which delivery: exactly_once needs: \(failure)" + remedy,
            code: kind == .transient ? ExitCode.unavailable : ExitCode.configuration,
            mayPass: kind != .configuration && failure.name != "_UNSUPPORTED_FEATURE")
    }

    /// Whether a commit in a transaction is refused that is nobody's.
    private func isFencing(
        _ producer: KafkaProducer, _ clients: KafkaClients, timeoutMs: Int32
    ) throws(KafkaFailure) -> Bool {
        guard let nobody = GroupMembership.madeUp(in: clients.groupID) else { return true }
        let entry = CommitEntry(partition: 0, nextOffset: 0)
        do throws(TransactionFailure) {
            try producer.initTransactions(timeoutMs: timeoutMs)
            try producer.beginTransaction()
        } catch {
            throw error.failure
        }
        defer { try? producer.abortTransaction(timeoutMs: timeoutMs) }
        do throws(TransactionFailure) {
            try producer.addOffsets([entry], of: topics.requests, as: nobody, timeoutMs: timeoutMs)
            return false
        } catch {
            guard error.failure.kind == .membership else { throw error.failure }
            return true
        }
    }

    private func look(
        _ admin: AdminClient, _ clients: KafkaClients, timeoutMs: Int32
    ) throws(KafkaFailure) -> (Cluster?, StartLacks) {
        let found = try admin.topics(timeoutMs: timeoutMs).filter { $0.failure == nil }
        let id = admin.clusterID(timeoutMs: timeoutMs)
        // The mock has no access rules, makes a topic that is asked for by name, and keeps the trial's records.
        let isEmbedded = id.map(AdminClient.isEmbedded) ?? false
        let hidden = topics.all.filter { name in !found.contains { $0.name == name } }
        let requests = found.first { $0.name == topics.requests }
        var lacks = StartLacks(missing: hidden)
        var hasCommitted: Bool?
        if !isEmbedded {
            (lacks, hasCommitted) = try tryPermissions(
                admin, clients, hidden: hidden, partitions: requests?.partitions ?? [0])
        }
        guard lacks.isEmpty, let requests else { return (nil, lacks) }
        var cluster = Cluster(partitions: requests.partitions.count, id: id ?? "unnamed-cluster")
        // The mock has no controller, and lets the question for settings run into its time-out.
        if !isEmbedded { cluster.largestBatch = largestBatch(admin) }
        let records = records(admin, requests)
        if isEmbedded, let records, records > 0 {
            let trial = try? clients.tryGroup(topic: topics.requests, requests.partitions, timeoutMs: 5000)
            hasCommitted = trial?.hasCommitted
        }
        if hasCommitted == false { cluster.uncommittedRecords = records }
        return (cluster, lacks)
    }

    /// How many records lie in the topic; nil where that cannot be asked: nothing but a warning hangs on it.
    private func records(_ admin: AdminClient, _ topic: TopicDescription) -> Int? {
        let marks = try? admin.watermarks(topic: topic.name, partitions: topic.partitions, timeoutMs: 5000)
        return marks?.values.reduce(0) { $0 + Int(max(0, $1.high - $1.low)) }
    }

    /// Every topic this principal may see.
    /// - Throws: `NodeFailure` with why nobody answers, or what has to be set up first.
    package static func list(_ clients: KafkaClients) throws(NodeFailure) -> [TopicDescription] {
        let failure: KafkaFailure
        do throws(KafkaFailure) {
            let admin = try clients.admin()
            defer { admin.close() }
            do throws(KafkaFailure) {
                return try admin.topics()
            } catch {
                throw admin.explain(error)
            }
        } catch {
            failure = error
        }
        let obstacle = obstacle(failure, clients)
        throw NodeFailure(obstacle.description, code: obstacle.code)
    }

    private static let trialMs: Int32 = 10_000

    /// - Parameters:
    ///   - hidden: the node's topics that are not shown.
    ///   - partitions: of the requests topic.
    /// - Returns: what a start lacks, and whether the group has committed anything where that is known.
    private func tryPermissions(
        _ admin: AdminClient, _ clients: KafkaClients, hidden: [String], partitions: [Int32]
    ) throws(KafkaFailure) -> (StartLacks, Bool?) {
        // Brokers refuse a topic that may not be seen, whether it is there or not.
        var denied = Set(hidden.filter { admin.whyHidden($0, timeoutMs: Self.trialMs)?.kind == .authorization })
        var lacks = StartLacks(missing: hidden.filter { !denied.contains($0) })
        let written = topics.all.filter { $0 != topics.requests && !hidden.contains($0) }
        denied.formUnion(try clients.writeRefusals(written, timeoutMs: Self.trialMs).keys)
        var isGroupDenied = false
        var hasCommitted: Bool?
        do throws(KafkaFailure) {
            let trial = try clients.tryGroup(topic: topics.requests, partitions, timeoutMs: Self.trialMs)
            hasCommitted = trial.hasCommitted
            isGroupDenied = trial.refusal?.name.hasPrefix("GROUP") ?? false
            if trial.refusal != nil, !isGroupDenied { denied.insert(topics.requests) }
        } catch {
            // What is known to be missing is said, though it may not be all.
            if lacks.missing.isEmpty, denied.isEmpty { throw error }
        }
        lacks.denied = topics.all.filter(denied.contains).map {
            Permission(operation: $0 == topics.requests ? .read : .write, resource: .topic, name: $0)
        }
        if isGroupDenied {
            lacks.denied.append(Permission(operation: .read, resource: .group, name: clients.groupID))
        }
        return (lacks, hasCommitted)
    }

    private static func obstacle(_ failure: KafkaFailure, _ clients: KafkaClients) -> StartObstacle {
        let remedy = failure.remedy.map { "; \($0)" } ?? ""
        let isSetUp = failure.kind == .configuration || failure.kind == .authorization || failure.isWrongMechanism
        return StartObstacle(
            description: "cannot ask the brokers at \(clients.bootstrapServers): \(failure)\(remedy)",
            code: isSetUp ? ExitCode.configuration : ExitCode.unavailable,
            mayPass: failure.kind != .configuration && !failure.isWrongMechanism)
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
