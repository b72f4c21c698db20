/// What `optimizer.yml`, the environment and `--set` say, checked. Outside this target it cannot be changed.
package struct OptimizerConfiguration: Sendable, Equatable {
    package internal(set) var node = Node()
    package internal(set) var kafka = Kafka()
    package internal(set) var pool = Pool()
    package internal(set) var backpressure = Backpressure()
    package internal(set) var limits = Limits()
    package internal(set) var throttle = Throttle()
    package internal(set) var circuitBreaker = CircuitBreaker()
    package internal(set) var retry = Retry()
    package internal(set) var isolation = Isolation()
    package internal(set) var delivery = Delivery.atLeastOnce
    package internal(set) var ordering = Ordering.unordered
    package internal(set) var commit = Commit()
    package internal(set) var results = Results()
    package internal(set) var rebalance = Rebalance()
    package internal(set) var disabledStrategies: [String] = []
    /// In the order of the file.
    package internal(set) var strategies: [ExternalStrategy] = []
    package internal(set) var metrics = Metrics()
    package internal(set) var health = Health()
    package internal(set) var shutdown = Shutdown()
    package internal(set) var data = Data()
    package internal(set) var logging = Logging()

    /// What was given and changes nothing: worth a word, no reason to refuse.
    package internal(set) var warnings: [ConfigurationProblem] = []

    var places = Places()

    /// What holds where nothing is said; `config/optimizer.yml` as it is shipped says the same.
    package static let defaults = OptimizerConfiguration()

    package struct Node: Sendable, Equatable {
        /// nil = host name and process id.
        package internal(set) var id: String?
        /// nil = where systemd or the user's session has such things, else nowhere.
        package internal(set) var stateDirectory: String?
    }

    package struct Kafka: Sendable, Equatable {
        /// `host:port`, several with commas, or `embedded`.
        package internal(set) var bootstrapServers = "localhost:9092"
        package internal(set) var groupId = "optimizer"
        /// nil = a dynamic member.
        package internal(set) var groupInstanceId: String?
        package internal(set) var groupProtocol = GroupProtocol.classic
        package internal(set) var topics = Topics()
        package internal(set) var prefetchMB = 32
        /// How long a start may wait for brokers, topics and permissions; nil = without end.
        package internal(set) var startTimeoutMs: Int?
        /// For every client; what `consumer` or `producer` says goes before it.
        package internal(set) var client = KafkaProperties()
        package internal(set) var consumer = KafkaProperties()
        package internal(set) var producer = KafkaProperties()

        /// The broker runs inside the process.
        package var isEmbedded: Bool { bootstrapServers == "embedded" }
    }

    /// Who hands out the partitions.
    package enum GroupProtocol: String, Sendable, CaseIterable {
        /// A member of the group, of which the broker asks it.
        case classic
        /// The broker, to each member by itself (KIP-848).
        case consumer
    }

    package struct Topics: Sendable, Equatable {
        package internal(set) var requests = "optimizer.requests"
        package internal(set) var results = "optimizer.results"
        package internal(set) var metrics = "optimizer.metrics"
        package internal(set) var deadLetters = "optimizer.dead-letters"
        /// nil = nothing can be cancelled.
        package internal(set) var control: String? = "optimizer.control"
    }

    package struct Pool: Sendable, Equatable {
        /// nil = what the node may use of processors, at least 5.
        package internal(set) var maxConcurrentStrategies: Int?
    }

    package struct Backpressure: Sendable, Equatable {
        /// Requests.
        package internal(set) var queueDepth = 100
        /// Requests; always below `queueDepth`.
        package internal(set) var resumeDepth = 50
        package internal(set) var pauseAfterMs = 100
        /// Requests; never below `queueDepth`.
        package internal(set) var maxInFlight = 10_000
        package internal(set) var maxInFlightMB = 32
    }

    package struct Limits: Sendable, Equatable {
        /// Of one core.
        package internal(set) var cpuPercent = 80
        package internal(set) var memoryMB = 512
        /// The objective that is watched; never above `timeoutMs`.
        package internal(set) var executionTimeMs = 100
        /// The deadline that is enforced.
        package internal(set) var timeoutMs = 5000
        /// Of one core, for all running steps together by their limits; nil = no bound.
        package internal(set) var maxNodeCpuPercent: Int?
    }

    /// Less slots for a strategy that keeps breaking limits.
    package struct Throttle: Sendable, Equatable {
        package internal(set) var enabled = true
        /// Steps that break a limit within `windowMs`.
        package internal(set) var breaches = 5
        package internal(set) var windowMs = 30_000
        /// Of the strategy's steps in the window.
        package internal(set) var breachPercent = 20
        package internal(set) var recoverMs = 30_000
        /// Another strategy's P95 against what it was; in percent.
        package internal(set) var interferencePercent = 200
    }

    /// No slots for a strategy that crashes every time.
    package struct CircuitBreaker: Sendable, Equatable {
        package internal(set) var enabled = false
        /// One after the other.
        package internal(set) var crashes = 5
        package internal(set) var openMs = 30_000
    }

    /// How often a step is run because of how it ends.
    package struct Retry: Sendable, Equatable {
        /// Runs that may end so, the last among them; only where the strategy says that it may come out otherwise.
        package internal(set) var failed = 3
        package internal(set) var crashed = 3
        package internal(set) var timedOut = 1
        package internal(set) var resourceExceeded = 1
        package internal(set) var firstDelayMs = 100
        package internal(set) var maxDelayMs = 10_000
        /// Of a strategy's steps.
        package internal(set) var budgetPercent = 10
    }

    package struct Isolation: Sendable, Equatable {
        package internal(set) var enforcement = Enforcement.auto
        package internal(set) var sandbox = Sandbox.standard

        /// By what limits are enforced. `auto`: cgroup v2 where the node may use it; `cgroup`: or it does not start.
        package enum Enforcement: String, Sendable, CaseIterable { case auto, cgroup, rlimit }

        /// How much of the system hosts may reach.
        package enum Sandbox: String, Sendable, CaseIterable { case strict, standard, off }
    }

    /// How often the result of a request may be seen.
    package enum Delivery: String, Sendable, CaseIterable {
        case atLeastOnce = "at_least_once"
        case exactlyOnce = "exactly_once"
    }

    /// Which requests run one after the other, in the order of their offsets.
    package enum Ordering: String, Sendable, CaseIterable {
        case unordered, key, partition
    }

    package struct Commit: Sendable, Equatable {
        package internal(set) var intervalMs = 25
        package internal(set) var transactionMs = 100
    }

    package struct Results: Sendable, Equatable {
        package internal(set) var lingerMs = 5
    }

    package struct Rebalance: Sendable, Equatable {
        package internal(set) var revokeDrainMs = 1000
    }

    package struct Metrics: Sendable, Equatable {
        package internal(set) var intervalMs = 5000
        /// nil = no HTTP server.
        package internal(set) var http: HTTPAddress? = HTTPAddress(host: "127.0.0.1", port: 9464)
    }

    /// When the node says that it is not ready though it is a member of its group.
    package struct Health: Sendable, Equatable {
        /// So long no broker answers.
        package internal(set) var brokersAwayMs = 30_000
        /// So long a result waits for its acknowledgement.
        package internal(set) var unacknowledgedMs = 30_000
    }

    package struct Shutdown: Sendable, Equatable {
        package internal(set) var drainMs = 25_000
    }

    package struct Data: Sendable, Equatable {
        /// A directory; a relative one counts from the working directory.
        package internal(set) var root = "data"
    }

    package struct Logging: Sendable, Equatable {
        package internal(set) var level = Level.info
        package internal(set) var format = Format.auto

        /// From the most to the least talkative.
        package enum Level: String, Sendable, CaseIterable { case debug, info, warning, error }

        /// `auto`: text on a terminal, else JSON lines.
        package enum Format: String, Sendable, CaseIterable { case auto, json, text }
    }
}

extension OptimizerConfiguration {
    /// A problem found later with the value of this key, at the place where the value was given.
    ///
    /// - Parameter path: as in the file, `pool.maxConcurrentStrategies` or `kafka.client.sasl.password`.
    package func problem(at path: String, _ message: String) -> ConfigurationProblem {
        (places[path] ?? .defaults).problem("\(path): \(message)")
    }
}
