package import Configuration
import Hosting
import Kafka
import Messages
import Scheduling
package import System

/// What a node works with: the configuration, with everything in it that depends on the machine worked out.
package struct NodeSettings: Sendable {
    let nodeID: String
    let topics: TopicNames
    let slotCount: Int
    let ceilings: ResourceLimits
    let isolation: IsolationSettings
    let latencyTargetMs: Int
    let backpressure: BackpressureController.Settings
    /// What the node may give to all its steps together.
    var resources: ResourceBudget
    let throttle: Throttle.Settings
    let circuitBreaker: CircuitBreaker.Settings
    let ordering: Ordering
    let delivery: DeliveryMode
    /// Of this node's producer of transactions, the same after a restart; nil: at least once.
    let transactionalID: String?
    let retryBudgetPercent: Int
    let commitIntervalMs: Int
    /// How long results may gather into one batch while they are many.
    let resultLingerMs: Int
    let revokeDrainMs: Int
    let metricsIntervalMs: Int
    let drainMs: Int
    let http: HTTPAddress?
    var hostCommand: HostCommand
    var stallWatch = StallWatch.Settings()
    var interference = InterferenceWatch.Settings()
    var serviceTimes = ServiceTimes()
    /// How often market data, certificates and secrets on the disk are looked at.
    var filesIntervalMs = 60_000
    let launcher: String
    /// How the run before this one ended, where that is known.
    package var lastEnd: NodeEnd?
    /// Told how this run ends, on its consumer thread, before what the end may still have to wait for.
    package var noteEnd: @Sendable (NodeEnd) -> Void = { _ in }
    /// Who has started this process and wants to hear how it is; nil where nobody does.
    package var serviceManager: ServiceManager?
    var externalPolicy = ExternalPolicy()
    let configuration: OptimizerConfiguration

    /// - Throws: `NodeFailure` when the machine cannot give what the configuration asks for.
    package init(_ configuration: OptimizerConfiguration, machine: Machine = .current) throws(NodeFailure) {
        self.configuration = configuration
        nodeID = configuration.node.id ?? NodeName.made(host: machine.hostName, processID: machine.processID)
        topics = TopicNames(configuration.kafka.topics)
        slotCount = try Self.slotCount(configuration, machine)
        try Self.claimFiles(slotCount, machine)
        ceilings = ResourceLimits(
            cpuPercent: configuration.limits.cpuPercent, memoryMB: configuration.limits.memoryMB,
            timeoutMs: configuration.limits.timeoutMs)
        isolation = IsolationSettings(configuration)
        latencyTargetMs = configuration.limits.executionTimeMs
        backpressure = BackpressureController.Settings(
            queueDepth: configuration.backpressure.queueDepth, resumeDepth: configuration.backpressure.resumeDepth,
            pauseAfterMs: configuration.backpressure.pauseAfterMs, maxInFlight: configuration.backpressure.maxInFlight,
            maxInFlightBytes: configuration.backpressure.maxInFlightMB << 20)
        resources = ResourceBudget(
            memoryMB: machine.memoryMB, ownMB: Self.ownMemoryMB(configuration),
            cpuPercent: configuration.limits.maxNodeCpuPercent)
        throttle = Throttle.Settings(configuration.throttle)
        interference.factor = Double(configuration.throttle.interferencePercent) / 100
        circuitBreaker = CircuitBreaker.Settings(configuration.circuitBreaker)
        (delivery, transactionalID) = try Self.delivery(configuration)
        ordering =
            switch configuration.ordering {
            case .unordered: .unordered
            case .key: .key
            case .partition: .partition
            }
        retryBudgetPercent = configuration.retry.budgetPercent
        commitIntervalMs = configuration.commit.intervalMs
        resultLingerMs = configuration.results.lingerMs
        revokeDrainMs = configuration.rebalance.revokeDrainMs
        metricsIntervalMs = configuration.metrics.intervalMs
        drainMs = configuration.shutdown.drainMs
        http = configuration.metrics.http
        // The start of an external host is no part of its step's time, but of the slot's.
        stallWatch.graceMs += configuration.strategies.map(\.startTimeoutMs).max() ?? 0
        let problems = StrategyNames.problems(in: configuration)
        guard problems.isEmpty else {
            throw NodeFailure(ConfigurationProblems(problems: problems).description, code: ExitCode.configuration)
        }
        guard let launcher = ExecutablePath.beside("optimizer-host") else {
            throw NodeFailure(
                "cannot find out where this program lies, to start optimizer-host beside it", code: ExitCode.software)
        }
        self.launcher = launcher
        hostCommand = HostCommand(builtIn: launcher, dataRoot: configuration.data.root)
    }

    /// After so long a broker aborts a transaction by itself: what a node has left open keeps others from its partitions,
    /// and readers from what comes behind it, for so long.
    static let transactionTimeoutMs = 10_000

    /// What results that are not acknowledged may take, in units of 2^10 bytes.
    var outputKilobytes: Int { KafkaClients.outputKilobytes(configuration) }

    private static func delivery(
        _ configuration: OptimizerConfiguration
    ) throws(NodeFailure) -> (DeliveryMode, transactionalID: String?) {
        guard configuration.delivery == .exactlyOnce else { return (.atLeastOnce, nil) }
        // Where a restart has another name, what the process before it has left open is found by nobody.
        guard let name = configuration.kafka.groupInstanceId ?? configuration.node.id else {
            let problem = configuration.problem(
                at: "delivery",
                "exactly_once needs a name that a restart keeps and no other node has: set node.id or "
                    + "kafka.groupInstanceId")
            throw NodeFailure(problem.description, code: ExitCode.configuration)
        }
        guard !KafkaClients(configuration.kafka).readsUncommitted else {
            let problem = configuration.problem(
                at: "delivery",
                "exactly_once reads offsets that no open transaction can change any more, which needs isolation.level "
                    + "read_committed: leave it out under kafka.consumer and kafka.client")
            throw NodeFailure(problem.description, code: ExitCode.configuration)
        }
        let settings = TransactionSettings(
            intervalMs: configuration.commit.transactionMs, timeoutMs: transactionTimeoutMs,
            enoughRequests: max(1, configuration.backpressure.maxInFlight / 4),
            // With headers and what librdkafka needs for each they have to find room in its queue.
            mostBytes: KafkaClients.outputKilobytes(configuration) << 9,
            firstMark: TransactionMark(.random(in: 0...UInt64.max)))
        return (.exactlyOnce(settings), "\(configuration.kafka.groupId)/\(name)")
    }

    /// The slots of a node that is not told how many: one per processor and at least five.
    package static func usualSlots(processors: Int) -> Int { max(5, processors) }

    /// The pool's size: what is asked for, else what is usual. Either way the memory must be there for all of them at once.
    private static func slotCount(_ configuration: OptimizerConfiguration, _ machine: Machine) throws(NodeFailure)
        -> Int
    {
        let count = configuration.pool.maxConcurrentStrategies ?? usualSlots(processors: machine.processors)
        let own = ownMemoryMB(configuration)
        let (each, available) = (configuration.limits.memoryMB, max(0, machine.memoryMB - own))
        guard count * each <= available else {
            let problem = configuration.problem(
                at: "pool.maxConcurrentStrategies",
                "\(count) slots x \(each) MB (limits.memoryMB) + \(own) MB for the node itself (kafka.prefetchMB and "
                    + "twice backpressure.maxInFlightMB among them) = "
                    + "\(count * each + own) MB, and this node may use \(machine.memoryMB) MB: "
                    + "lower limits.memoryMB to "
                    + "\(max(1, available / count)) or the number of slots to \(available / each)")
            throw NodeFailure(problem.description, code: ExitCode.configuration)
        }
        return count
    }

    /// Two pipes and an event descriptor for each slot's host, as much again for hosts that are being replaced or
    /// borrowed; connections to brokers, HTTP, what is looked at in /proc. A host needs some of its own.
    private static func claimFiles(_ slots: Int, _ machine: Machine) throws(NodeFailure) {
        let needed = 128 + 12 * slots
        guard machine.openFiles >= needed else {
            throw NodeFailure(
                "a process may have \(machine.openFiles) files open here (ulimit -Hn), and a node with \(slots) slots "
                    + "needs \(needed): raise the hard limit (LimitNOFILE= in a systemd unit, --ulimit nofile= of a "
                    + "container) or lower pool.maxConcurrentStrategies", code: ExitCode.configuration)
        }
        OpenFiles.raise(to: needed)
    }

    /// What the node's own process takes, with what lies prefetched, what is in flight, and what is not acknowledged.
    package static func ownMemoryMB(_ configuration: OptimizerConfiguration) -> Int {
        96 + configuration.kafka.prefetchMB + configuration.backpressure.maxInFlightMB
            + (KafkaClients.outputKilobytes(configuration) + 1023) / 1024
            // What is in a transaction lies in the producer's queue as well.
            + (configuration.delivery == .exactlyOnce ? KafkaClients.outputKilobytes(configuration) / 2048 : 0)
    }
}

extension Throttle.Settings {
    init(_ throttle: OptimizerConfiguration.Throttle) {
        self.init()
        isEnabled = throttle.enabled
        breaches = throttle.breaches
        windowMs = throttle.windowMs
        breachPercent = throttle.breachPercent
        recoverMs = throttle.recoverMs
    }
}

extension CircuitBreaker.Settings {
    init(_ breaker: OptimizerConfiguration.CircuitBreaker) {
        self.init()
        isEnabled = breaker.enabled
        crashes = breaker.crashes
        openMs = breaker.openMs
    }
}

extension TopicNames {
    package init(_ topics: OptimizerConfiguration.Topics) {
        self.init(
            requests: topics.requests, results: topics.results, metrics: topics.metrics,
            deadLetters: topics.deadLetters, control: topics.control)
    }
}

/// Why a node cannot start, and the exit code that says so.
package struct NodeFailure: Error, Sendable, CustomStringConvertible {
    package let description: String
    package let code: Int32

    package init(_ description: String, code: Int32) {
        self.description = description
        self.code = code
    }
}
