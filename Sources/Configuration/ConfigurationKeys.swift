extension ConfigurationKey {
    /// Every key there is. Reading, environment names, suggestions, and the check of the shipped file go by it.
    package static let all: [ConfigurationKey] = kafka + work + conduct + operation

    private static let kafka = [
        ConfigurationKey(
            "node.id", nullable: \.node.id, .nodeName,
            "Name of this node in results, metrics and logs; null: host name and process id."),
        ConfigurationKey(
            "node.stateDirectory", nullable: \.node.stateDirectory, .directory,
            "Directory where the node leaves word of how it ended; null: STATE_DIRECTORY, else the user's."),
        ConfigurationKey(
            "kafka.bootstrapServers", \.kafka.bootstrapServers, .bootstrapServers,
            "Brokers to ask first; embedded: a broker inside the process, for trying things out."),
        ConfigurationKey(
            "kafka.groupId", \.kafka.groupId, .groupName, "Consumer group; nodes of one group share the work."),
        ConfigurationKey(
            "kafka.groupInstanceId", nullable: \.kafka.groupInstanceId, .topicName,
            "Makes this node a static member of the group; unique in it."),
        ConfigurationKey(
            "kafka.groupProtocol", \.kafka.groupProtocol, .choice,
            "Who hands out the partitions: classic, a member of the group; consumer, the broker."),
        ConfigurationKey("kafka.topics.requests", \.kafka.topics.requests, .topicName, "Requests are read from it."),
        ConfigurationKey("kafka.topics.results", \.kafka.topics.results, .topicName, "Results go to it."),
        ConfigurationKey("kafka.topics.metrics", \.kafka.topics.metrics, .topicName, "Metrics events go to it."),
        ConfigurationKey(
            "kafka.topics.deadLetters", \.kafka.topics.deadLetters, .topicName,
            "Requests that cannot be run go to it as they came."),
        ConfigurationKey(
            "kafka.topics.control", nullable: \.kafka.topics.control, .topicName,
            "What optimizer cancel says is read from it; null: nothing can be cancelled."),
        ConfigurationKey(
            "kafka.prefetchMB", \.kafka.prefetchMB, .integer(1...2047), unit: "MB",
            "What the node may hold of fetched and not yet accepted requests."),
        ConfigurationKey(
            "kafka.startTimeoutMs", nullable: \.kafka.startTimeoutMs, .integer(0...86_400_000), unit: "ms",
            "How long a start waits for brokers, topics and permissions; null: without end."),
        ConfigurationKey(
            "kafka.client", properties: \.kafka.client, "librdkafka properties for every client."),
        ConfigurationKey(
            "kafka.consumer", properties: \.kafka.consumer, "librdkafka properties for the consumer alone."),
        ConfigurationKey(
            "kafka.producer", properties: \.kafka.producer, "librdkafka properties for the producers alone."),
    ]

    private static let work = [
        ConfigurationKey(
            "pool.maxConcurrentStrategies", nullable: \.pool.maxConcurrentStrategies, .integer(1...1024),
            unit: "host processes", "How many strategies run at once; null: the processors, at least 5."),
        ConfigurationKey(
            "backpressure.queueDepth", \.backpressure.queueDepth, .integer(1...100_000), unit: "requests",
            "How many requests may wait for a slot; at this depth the node takes no more."),
        ConfigurationKey(
            "backpressure.resumeDepth", \.backpressure.resumeDepth, .integer(0...99_999), unit: "requests",
            "Down at this depth it takes requests again."),
        ConfigurationKey(
            "backpressure.pauseAfterMs", \.backpressure.pauseAfterMs, .integer(0...3_600_000), unit: "ms",
            "A hold that lasts so long pauses the partitions; 0: at once."),
        ConfigurationKey(
            "backpressure.maxInFlight", \.backpressure.maxInFlight, .integer(1...1_000_000), unit: "requests",
            "How many may be taken and not yet done, unacknowledged results among them."),
        ConfigurationKey(
            "backpressure.maxInFlightMB", \.backpressure.maxInFlightMB, .integer(1...2047), unit: "MB",
            "What those may take together; their results that are not acknowledged, as much again."),
        ConfigurationKey(
            "limits.cpuPercent", \.limits.cpuPercent, .integer(1...6400), unit: "percent of one core",
            "Processor time of one step."),
        ConfigurationKey(
            "limits.memoryMB", \.limits.memoryMB, .integer(16...1_048_576), unit: "MB", "Memory of one step."),
        ConfigurationKey(
            "limits.executionTimeMs", \.limits.executionTimeMs, .integer(1...86_400_000), unit: "ms",
            "The objective for the 95th percentile of a step's time; watched, not enforced."),
        ConfigurationKey(
            "limits.timeoutMs", \.limits.timeoutMs, .integer(1...86_400_000), unit: "ms",
            "A step that takes longer is killed."),
        ConfigurationKey(
            "limits.maxNodeCpuPercent", nullable: \.limits.maxNodeCpuPercent, .integer(1...1_000_000),
            unit: "percent of one core",
            "What all running steps may use together, by their limits; null: no bound."),
        ConfigurationKey(
            "isolation.enforcement", \.isolation.enforcement, .choice,
            "By what limits are enforced; auto: cgroup v2 where the node may use it."),
        ConfigurationKey(
            "isolation.sandbox", \.isolation.sandbox, .choice, "How much of the system hosts may reach."),
        ConfigurationKey(
            "delivery", \.delivery, .choice,
            "How often the result of a request may be seen: at_least_once, or exactly_once by who reads what is committed."
        ),
        ConfigurationKey(
            "ordering", \.ordering, .choice,
            "Which requests run one after the other, in the order of their offsets; unordered: none."),
    ]

    private static let conduct = [
        ConfigurationKey(
            "throttle.enabled", \.throttle.enabled, .flag,
            "Whether a strategy that keeps breaking limits, or disturbs others, gets fewer slots."),
        ConfigurationKey(
            "throttle.breaches", \.throttle.breaches, .integer(1...100_000), unit: "steps",
            "So many that break a limit within the window halve the strategy's slots."),
        ConfigurationKey(
            "throttle.windowMs", \.throttle.windowMs, .integer(10...3_600_000), unit: "ms",
            "The time over which broken limits are counted."),
        ConfigurationKey(
            "throttle.breachPercent", \.throttle.breachPercent, .integer(1...100),
            unit: "percent of the strategy's steps", "Fewer than this in the window are let pass."),
        ConfigurationKey(
            "throttle.recoverMs", \.throttle.recoverMs, .integer(10...3_600_000), unit: "ms",
            "After so long without a broken limit the slots are doubled again."),
        ConfigurationKey(
            "throttle.interferencePercent", \.throttle.interferencePercent, .integer(110...10_000), unit: "percent",
            "A strategy under whose load another's P95 rises to this much of what it was disturbs it."),
        ConfigurationKey(
            "circuitBreaker.enabled", \.circuitBreaker.enabled, .flag,
            "Whether a strategy that crashes every time is suspended."),
        ConfigurationKey(
            "circuitBreaker.crashes", \.circuitBreaker.crashes, .integer(1...100_000), unit: "steps",
            "So many crashes one after the other suspend it."),
        ConfigurationKey(
            "circuitBreaker.openMs", \.circuitBreaker.openMs, .integer(10...3_600_000), unit: "ms",
            "After so long one step is run as a probe."),
        ConfigurationKey(
            "retry.failed", \.retry.failed, .integer(1...100), unit: "runs",
            "How often a step is run that says it has failed and may be tried again; 1: once."),
        ConfigurationKey(
            "retry.crashed", \.retry.crashed, .integer(1...100), unit: "runs", "How often one is run that crashes."),
        ConfigurationKey(
            "retry.timedOut", \.retry.timedOut, .integer(1...100), unit: "runs",
            "How often one is run that passes its deadline."),
        ConfigurationKey(
            "retry.resourceExceeded", \.retry.resourceExceeded, .integer(1...100), unit: "runs",
            "How often one is run that exceeds a limit."),
        ConfigurationKey(
            "retry.firstDelayMs", \.retry.firstDelayMs, .integer(0...60_000), unit: "ms",
            "How long it waits for its second run; for each one after it twice as long."),
        ConfigurationKey(
            "retry.maxDelayMs", \.retry.maxDelayMs, .integer(0...60_000), unit: "ms", "How long it waits at most."),
        ConfigurationKey(
            "retry.budgetPercent", \.retry.budgetPercent, .integer(0...100), unit: "percent of the strategy's steps",
            "So many are tried again, beside the first ten."),
    ]

    private static let operation = [
        ConfigurationKey(
            "commit.intervalMs", \.commit.intervalMs, .integer(10...3_600_000), unit: "ms",
            "How often what is done is committed."),
        ConfigurationKey(
            "commit.transactionMs", \.commit.transactionMs, .integer(10...10_000), unit: "ms",
            "With delivery: exactly_once, how often results and offsets are committed in a transaction."),
        ConfigurationKey(
            "results.lingerMs", \.results.lingerMs, .integer(0...1000), unit: "ms",
            "While results are many they wait so long for each other, to travel in one batch; 0: each goes at once."),
        ConfigurationKey(
            "rebalance.revokeDrainMs", \.rebalance.revokeDrainMs, .integer(0...300_000), unit: "ms",
            "How long running steps of a partition that is taken away may go on."),
        ConfigurationKey(
            "disabledStrategies", list: \.disabledStrategies, .strategyName, "Strategies this node refuses to run."),
        ConfigurationKey(strategies: "strategies", "Strategies in any language: commands that speak JSON lines."),
        ConfigurationKey(
            "metrics.intervalMs", \.metrics.intervalMs, .integer(100...3_600_000), unit: "ms",
            "How often a metrics event is published."),
        ConfigurationKey(
            "metrics.http", nullable: \.metrics.http, .httpAddress,
            "Where metrics, health and the status page are served; null: nowhere."),
        ConfigurationKey(
            "health.brokersAwayMs", \.health.brokersAwayMs, .integer(15_000...3_600_000), unit: "ms",
            "The node is not ready when no broker has answered for so long."),
        ConfigurationKey(
            "health.unacknowledgedMs", \.health.unacknowledgedMs, .integer(1000...3_600_000), unit: "ms",
            "The node is not ready when a result has not been acknowledged for so long."),
        ConfigurationKey(
            "shutdown.drainMs", \.shutdown.drainMs, .integer(0...3_600_000), unit: "ms",
            "How long running steps may go on when the node is told to stop."),
        ConfigurationKey(
            "data.root", \.data.root, .directory, "Directory of the market data; relative: from the working directory."),
        ConfigurationKey("logging.level", \.logging.level, .choice, "The least important line that is written."),
        ConfigurationKey(
            "logging.format", \.logging.format, .choice, "auto: text on a terminal, else JSON lines."),
    ]

    static let byPath = Dictionary(all.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    static let byEnvironmentName = Dictionary(
        all.map { ($0.environmentName, $0) }, uniquingKeysWith: { first, _ in first })

    /// The maps of librdkafka properties.
    static let propertyMaps = all.filter { if case .properties = $0.shape { true } else { false } }
}
