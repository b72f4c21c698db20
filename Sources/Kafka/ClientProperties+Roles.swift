extension ClientProperties {
    /// The consumer of a worker node.
    ///
    /// - Parameters:
    ///   - bootstrap: `host:port,…`
    ///   - instanceID: static membership; nil is a dynamic member.
    ///   - brokerAssigns: the broker hands out the partitions, and says how long a session is (KIP-848).
    ///   - prefetchMB: what may lie prefetched on this node, in MB of 2^20 bytes.
    ///   - partitions: how many partitions the topic has (one node may be given all of them).
    ///   - embedded: sets what the embedded broker needs.
    ///   - overrides: the user's, in order; they win.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func consumer(
        bootstrap: String, groupID: String, instanceID: String? = nil, brokerAssigns: Bool = false,
        prefetchMB: Int = 32, partitions: Int = 1, embedded: Bool = false, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        guard !brokerAssigns || KafkaLibrary.knowsConsumerProtocol else {
            throw .invalid("kafka.groupProtocol: \(KafkaLibrary.needsForConsumerProtocol)")
        }
        var defaults = common(bootstrap: bootstrap, embedded: embedded)
        defaults += [
            Property("group.id", groupID),
            Property("enable.auto.commit", "false"),
            Property("enable.auto.offset.store", "false"),
            Property("auto.offset.reset", "earliest"),
            Property("enable.partition.eof", "false"),
            fetchWait,
            // Partitions that are added to the topic are seen by the group's leader so soon: librdkafka's 5 minutes
            // would leave what is written to them lying as long.
            Property("topic.metadata.refresh.interval.ms", "10000"),
            statistics,
        ]
        defaults += PrefetchBudget(megabytes: prefetchMB, partitions: partitions).properties
        if let instanceID { defaults.append(Property("group.instance.id", instanceID)) }
        if brokerAssigns {
            defaults.append(Property("group.protocol", "consumer"))
        } else {
            defaults.append(Property("partition.assignment.strategy", KafkaLibrary.assignor))
            if embedded { defaults.append(embeddedSession) } else if instanceID == nil { defaults.append(session) }
            if let heartbeat = heartbeat(within: (defaults + overrides).last { $0.name == session.name }) {
                defaults.append(heartbeat)
            }
        }
        if embedded { defaults.append(embeddedFetchWait) }
        return try ClientProperties(role: .consumer, defaults: defaults, overrides: overrides)
    }

    /// The producer of results and dead letters: every record is tried until a broker answers, once and in order.
    ///
    /// `linger.ms` is 0: whether a record waits for others is its sender's decision, who knows how many there are.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func producer(
        bootstrap: String, embedded: Bool = false, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        let defaults =
            common(bootstrap: bootstrap, embedded: embedded) + [
                Property("acks", "all"),
                Property("enable.idempotence", "true"),
                Property("message.timeout.ms", "0"),
                Property("linger.ms", "0"),
            ] + reported
        return try ClientProperties(role: .producer, defaults: defaults, overrides: overrides)
    }

    /// The producer of a node that delivers exactly once: what it produces is in transactions, which commit its requests'
    /// offsets, too.
    ///
    /// `linger.ms` is 5: a transaction's records are all there at once, and its commit waits for none.
    /// - Parameter id: the transactional id; of two producers with the same the later one counts.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func transactionalProducer(
        bootstrap: String, id: String, timeoutMs: Int, embedded: Bool = false, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        let defaults =
            common(bootstrap: bootstrap, embedded: embedded) + [
                Property("linger.ms", "5")
            ] + reported
        let fixed = [
            Property("transactional.id", id), Property("transaction.timeout.ms", String(timeoutMs)),
            Property("message.timeout.ms", String(timeoutMs)), Property("acks", "all"),
            Property("enable.idempotence", "true"),
        ]
        return try ClientProperties(role: .producer, defaults: defaults, overrides: overrides + fixed)
    }

    /// The producer of metrics events: small, and it gives up rather than hold anything up.
    ///
    /// A full queue drops the event (the caller counts it), and an event that found no broker in 30 s is old.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func metricsProducer(
        bootstrap: String, embedded: Bool = false, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        let defaults =
            common(bootstrap: bootstrap, embedded: embedded) + [
                Property("acks", "1"),
                Property("message.timeout.ms", "30000"),
                Property("linger.ms", "50"),
                Property("queue.buffering.max.messages", "1000"),
                Property("queue.buffering.max.kbytes", "8192"),
                statistics,
            ] + reported
        return try ClientProperties(role: .producer, defaults: defaults, overrides: overrides)
    }

    /// A reader that belongs to no group: it is handed its partitions and never commits.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func reader(
        bootstrap: String, embedded: Bool = false, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        var defaults = common(bootstrap: bootstrap, embedded: embedded)
        defaults += [
            // librdkafka wants a name even where no group is joined; nothing is stored under it.
            Property("group.id", "optimizer-reader"),
            Property("enable.auto.commit", "false"),
            Property("enable.auto.offset.store", "false"),
            Property("auto.offset.reset", "earliest"),
            Property("enable.partition.eof", "true"),
            fetchWait,
        ]
        if embedded { defaults += [embeddedSession, embeddedFetchWait] }
        return try ClientProperties(role: .consumer, defaults: defaults, overrides: overrides)
    }

    /// A client that only asks: topics, offsets, groups.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func admin(
        bootstrap: String, embedded: Bool = false, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        try ClientProperties(
            role: .producer, defaults: common(bootstrap: bootstrap, embedded: embedded), overrides: overrides)
    }

    /// A client that looks at a group and at its topic over and over, and joins nothing. Offsets are those of the log,
    /// whatever transaction is open in it.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func groupObserver(
        bootstrap: String, groupID: String, embedded: Bool = false, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        let defaults =
            common(bootstrap: bootstrap, embedded: embedded) + [
                Property("group.id", groupID), Property("enable.auto.commit", "false"),
            ]
        // Whatever the consumer reads: the end of the log is the end, and there is nothing to tell anybody.
        let fixed = [Property("isolation.level", "read_uncommitted"), Property("statistics.interval.ms", "0")]
        return try ClientProperties(role: .consumer, defaults: defaults, overrides: overrides + fixed)
    }

    /// For `WriteTrial`.
    /// - Throws: `KafkaFailure` of kind `configuration` naming a property that librdkafka does not take.
    package static func writeTrial(
        bootstrap: String, timeoutMs: Int32, overrides: [Property] = []
    ) throws(KafkaFailure) -> ClientProperties {
        let trial = [
            Property("acks", "2"), Property("enable.idempotence", "false"), Property("linger.ms", "0"),
            Property("message.timeout.ms", String(timeoutMs)), Property("delivery.report.only.error", "false"),
        ]
        return try ClientProperties(
            role: .producer, defaults: common(bootstrap: bootstrap, embedded: false), overrides: overrides + trial)
    }

    /// How often a node's clients say how they are. Producers of commands that run for a moment have nobody to tell.
    package static let statistics = Property("statistics.interval.ms", "5000")

    /// Of every producer: partitions by key as Java's clients choose them, and a report of each record.
    private static let reported = [
        Property("partitioner", "murmur2_random"), Property("delivery.report.only.error", "false"),
    ]

    private static func common(bootstrap: String, embedded: Bool) -> [Property] {
        var properties = [
            Property("bootstrap.servers", bootstrap),
            Property("client.id", "optimizer"),
            // Every line of the log comes as an event: no C callback ever runs on a thread of librdkafka's.
            Property("log.queue", "true"),
            // A broker must not make a topic by accident, with settings nobody chose. A producer asks for it by default.
            Property("allow.auto.create.topics", "false"),
        ]
        if embedded { properties.append(Property("reconnect.backoff.max.ms", "500")) }
        return properties
    }

    /// How long a broker keeps a fetch that finds nothing. One that is on its way when a partition is resumed has to be
    /// answered before the resumed one is fetched: with librdkafka's 500 ms a node has worked off its queue before
    /// that, and stands still after every pause. A reader hears of an end that much sooner.
    private static let fetchWait = Property("fetch.wait.max.ms", "100")

    /// How long after a node's last heartbeat its partitions go to others: after a crash they wait so long. Five heartbeats
    /// may be late; librdkafka's 45 s are for clients that stand still. A static member keeps those: it has them for a
    /// restart.
    private static let session = Property("session.timeout.ms", "15000")

    /// Five in a session, and no fewer than librdkafka's one in 3 s: one is lost where the group's coordinator moves to
    /// another broker, and librdkafka gives the new one none before the next is due. In a session of 6 s that was too late.
    private static func heartbeat(within session: Property?) -> Property? {
        session.flatMap { Int($0.value) }.map { Property("heartbeat.interval.ms", String(max(1, min($0 / 5, 3000)))) }
    }

    /// The mock never finishes a first join with a session under 3 s.
    private static let embeddedSession = Property("session.timeout.ms", "6000")
    /// An empty fetch sleeps its whole wait in the mock, however much is produced meanwhile.
    private static let embeddedFetchWait = Property("fetch.wait.max.ms", "10")
}
