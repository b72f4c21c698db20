package import Configuration
import Hosting
import IsolationProof
import Kafka
import Messages
import Metrics
import Scheduling
import Synchronization
import System

/// A worker node: its threads, and their beginning and end in order.
package final class Node: Sendable {
    let settings: NodeSettings
    let clients: KafkaClients
    let log: Log
    let state: NodeState
    private let stop: StopRequest
    let health: NodeHealth
    let board = PartitionBoard()
    let errors = RecentErrors()
    private let brokers: BrokerBoard
    let heartbeats: Heartbeats
    let readiness: Readiness
    private let failures: KafkaFailures
    private let statistics: KafkaStatistics
    let startedAt = Timestamp.now()
    let strategies: StrategyList
    let registry: MetricRegistry
    private let metrics: NodeMetrics
    let isolation: Isolation
    let spawner: HostSpawner
    let lagWatch: LagWatch
    let dataWatch: DataWatch
    let gauges: LiveGauges
    let serviceWatch: ServiceWatch?
    /// nil where nothing can be cancelled.
    let control: ControlReader?
    let server = Mutex<HTTPServer?>(nil)
    /// What works with the cluster; nil until that has been found.
    let work = Mutex<NodeWork?>(nil)

    /// Asks nothing of the cluster yet.
    ///
    /// - Parameter stop: by which the node is asked to end, also while it is being made.
    /// - Throws: `NodeFailure` naming what this machine or the configuration does not give.
    package init(
        _ settings: NodeSettings, clients: KafkaClients, log: Log, stop: StopRequest = StopRequest()
    ) throws(NodeFailure) {
        self.settings = settings
        self.clients = clients
        self.log = log
        self.stop = stop
        health = NodeHealth(stop)
        strategies = StrategyList(
            disabled: settings.configuration.disabledStrategies, external: settings.configuration.strategies,
            retries: RetryRules(settings.configuration.retry))
        registry = MetricRegistry(strategies: strategies.names)
        metrics = NodeMetrics(registry: registry, topic: settings.topics.requests)
        brokers = BrokerBoard(log: log)
        statistics = KafkaStatistics(in: registry, brokers: brokers)
        readiness = Readiness(
            health: health, brokers: brokers, board: board, brokersAwayMs: settings.configuration.health.brokersAwayMs,
            unacknowledgedMs: settings.configuration.health.unacknowledgedMs)
        failures = KafkaFailures(brokers: brokers, errors: errors, metrics: metrics, log: log)
        do {
            isolation = try Isolation(settings.isolation, launcher: settings.launcher)
            spawner = try HostSpawner(launcher: settings.launcher, isolation: isolation)
        } catch {
            throw NodeFailure(
                error.description, code: error.code == .isolation ? ExitCode.configuration : ExitCode.software)
        }
        heartbeats = Heartbeats { [isolation] in isolation.lastLook }
        do {
            state = try NodeState(
                settings,
                external: settings.configuration.strategies.map { [strategies] in
                    strategies.index(of: $0.name)
                }, triedAgain: strategies.triedAgain)
            lagWatch = try LagWatch(
                settings: settings, health: health, brokers: brokers, board: board, errors: errors,
                heartbeats: heartbeats, log: log)
            dataWatch = try DataWatch(
                root: settings.configuration.data.root,
                credentials: CredentialFile.all(in: settings.configuration.kafka), intervalMs: settings.filesIntervalMs,
                metrics: metrics, heartbeats: heartbeats, log: log)
            if let topic = settings.topics.control {
                control = try ControlReader(topic: topic, state: state, heartbeats: heartbeats, log: log)
            } else {
                control = nil
            }
            if let manager = settings.serviceManager {
                serviceWatch = try ServiceWatch(manager, heartbeats: heartbeats, readiness: readiness, stop: stop)
            } else {
                serviceWatch = nil
            }
        } catch {
            throw NodeFailure(error.description, code: ExitCode.software)
        }
        gauges = LiveGauges(
            state: state, metrics: metrics, health: health, readiness: readiness, board: board, brokers: brokers,
            heartbeats: heartbeats, lagWatch: lagWatch)
        metrics.describe(settings, isolation.report, strategies)
        stop.whenEnding { [state] in state.consumerWake.signal() }
    }

    /// Asks the node to drain and end; false when that was asked before. Any thread.
    @discardableResult
    package func requestStop() -> Bool { stop.request() }

    /// Takes over what may change while the node runs; where that is wrong, what was in force stays in force.
    package func reload(_ configuration: OptimizerConfiguration) {
        // Whoever has renewed a certificate may have sent the signal for that.
        dataWatch.lookNow()
        let problems = StrategyNames.problems(in: configuration, running: strategies.names)
        guard problems.isEmpty else {
            let cause = ConfigurationProblems(problems: problems).description
            return log.error("the configuration is not read again", JSONMember("cause", .string(cause)))
        }
        disable(configuration.disabledStrategies)
        log.info(
            "configuration read again",
            JSONMember("disabled_strategies", .array(configuration.disabledStrategies.map { .string($0) })))
        let waiting = configuration.keys(changedFrom: settings.configuration).filter { $0 != "disabledStrategies" }
        guard !waiting.isEmpty else { return }
        log.warning(
            "changed keys that hold only after a restart", JSONMember("keys", .array(waiting.map { .string($0) })))
    }

    private func disable(_ names: [String]) {
        strategies.disable(names)
        metrics.showDisabled(strategies)
        let indices = Set(names.map(strategies.index))
        state.decide { $0.noteDisabled(indices) }
    }

    /// The value of a counter without labels.
    func count(_ metric: CounterMetric) -> Double { registry.counter(metric).value }

    /// The value of a counter for one value of its label.
    func count(_ metric: CounterMetric, _ label: String) -> Double { registry.counter(metric, label).value }

    /// The value of a gauge of one strategy.
    func value(_ metric: GaugeMetric, strategy: String) -> Double { registry.gauge(metric, strategy).value }

    /// Requests that have their result.
    var finishedCount: Int { Int(metrics.doneCount) }

    /// Queued steps that wait for this.
    func waitingFor(_ reason: WaitReason) -> Int { state.snapshot.waiting[reason] ?? 0 }

    /// Steps that run now.
    var runningCount: Int { state.snapshot.runningCount }

    /// Requests taken and not done.
    var inFlightCount: Int { state.snapshot.inFlight.count }

    /// The processes of its hosts.
    package var hostPIDs: [Int32] { state.hostPIDs.compactMap(\.self) }

    /// The partitions it has.
    var partitions: Set<Int32> { health.partitions }

    /// Where the HTTP server listens; nil where it does not.
    package var httpPort: UInt16? { server.withLock { $0?.port } }

    /// Runs the node to its end on the calling thread and those it starts.
    ///
    /// - Returns: the exit code.
    /// - Throws: `NodeFailure` when it cannot begin.
    package func run() throws(NodeFailure) -> Int32 {
        MemoryAllocator.keepFreed()
        var threads = Threads()
        defer { end(threads) }
        try serveHTTP()
        if let serviceWatch { threads.serviceWatch = try thread("service-manager", serviceWatch.run) }
        // Neither is waited for at the end: they may sit in a call for as long as a broker or a disk keeps them waiting.
        _ = try thread("data", dataWatch.run)
        guard let cluster = try awaitCluster() else {
            settings.noteEnd(NodeEnd(.stopped, exitCode: ExitCode.success, time: .now()))
            log.info("stopped", JSONMember("exit_code", .integer(0)))
            return ExitCode.success
        }
        dataWatch.noteClients()
        let work = try openWork(on: cluster)
        self.work.withLock { $0 = work }
        let known = clients.knowing(cluster)
        _ = try thread("lag") { [lagWatch, events = work.events] in lagWatch.run(known, events: events) }
        if let control { _ = try thread("control") { control.run(known) } }
        if let caller = work.caller { threads.transactions = try thread("transactions", caller.run) }
        for (index, slot) in work.slots.enumerated() { threads.slots.append(try thread("slot-\(index)", slot.run)) }
        if !work.externals.isEmpty { threads.externals = try thread("externals", work.externals.run) }
        threads.monitor = try thread("monitor", work.monitor.run)
        try awaitHosts()
        return try consume(work)
    }

    /// Waits until the cluster has what the node needs.
    ///
    /// - Returns: nil where the node's end was asked for meanwhile.
    /// - Throws: `NodeFailure` naming all that is missing or refused, where waiting does not help or has lasted too long.
    private func awaitCluster() throws(NodeFailure) -> TopicCheck.Cluster? {
        let wait = ClusterWait(
            check: TopicCheck(topics: settings.topics, transactionalID: settings.transactionalID), clients: clients,
            limitMs: settings.configuration.kafka.startTimeoutMs, wake: state.consumerWake
        ) { [health, errors, log] obstacle, isNews in
            health.noteWaiting(for: obstacle.description)
            if isNews { errors.note("start", obstacle.description) }
            log.warning("waiting to start", JSONMember("cause", .string(obstacle.description)))
        }
        let cluster = try wait.run(until: { health.isStopRequested })
        health.noteWaiting(for: nil)
        if let cluster { warnOfNewGroup(cluster) }
        return cluster
    }

    /// A group that has committed nothing begins with all that is there: right for the first node of all, and not what
    /// one expects who has only changed the group's name.
    private func warnOfNewGroup(_ cluster: TopicCheck.Cluster) {
        guard let records = cluster.uncommittedRecords, records > 0 else { return }
        let (group, topic) = (settings.configuration.kafka.groupId, settings.topics.requests)
        log.warning(
            "this group has committed no offset: it runs the whole topic from its beginning",
            JSONMember("group", .string(group)), JSONMember("topic", .string(topic)),
            JSONMember("records", .integer(records)),
            JSONMember(
                "to_avoid",
                .string(
                    "set kafka.groupId to the group that has run them, or, with no node running: "
                        + "kafka-consumer-groups --bootstrap-server \(clients.bootstrapServers) --group \(group) "
                        + "--topic \(topic) --reset-offsets --to-latest --execute")))
    }

    func openWork(on cluster: TopicCheck.Cluster) throws(NodeFailure) -> NodeWork {
        try NodeWork(
            NodeWork.Surroundings(
                settings: settings, state: state, spawner: spawner, strategies: strategies, registry: registry,
                metrics: metrics, statistics: statistics, gauges: gauges, failures: failures, errors: errors, log: log),
            on: cluster, clients: clients)
    }

    private func consume(_ work: NodeWork) throws(NodeFailure) -> Int32 {
        // Who would leave at once makes no group rebalance for it.
        guard !health.isStopRequested else {
            settings.noteEnd(NodeEnd(.stopped, exitCode: ExitCode.success, time: .now()))
            return ExitCode.success
        }
        do {
            try work.consumer.subscribe(to: settings.topics.requests)
        } catch {
            throw NodeFailure("cannot subscribe to \(settings.topics.requests): \(error)", code: ExitCode.configuration)
        }
        announceStart(work.events)
        let loop = loop(work)
        loop.run()
        settings.noteEnd(
            NodeEnd(loop.end.reason, exitCode: loop.exitCode, time: .now(), detail: loop.end.detail))
        log.info("stopped", JSONMember("exit_code", .integer(Int(loop.exitCode))))
        work.events.publish(.stopped, [JSONMember("exit_code", .integer(Int(loop.exitCode)))])
        return loop.exitCode
    }

    /// What the consumer thread runs.
    func loop(_ work: NodeWork) -> ConsumerLoop {
        ConsumerLoop(
            consumer: work.consumer, producers: work.producers, state: state, settings: settings,
            intake: RequestIntake(
                topic: settings.topics.requests, ordering: settings.ordering, strategies: strategies,
                ceilings: settings.ceilings, resources: settings.resources),
            publisher: work.publisher, events: work.events, metrics: metrics, health: health, board: board,
            statistics: statistics, errors: errors, heartbeats: heartbeats, failures: failures, log: log,
            caller: work.caller)
    }

    private func announceStart(_ events: MetricsPublisher) {
        let details = [
            JSONMember("slots", .integer(settings.slotCount)),
            JSONMember("memory_mb", .integer(settings.ceilings.memoryMB)),
            JSONMember("queue_depth_limit", .integer(settings.backpressure.queueDepth)),
            JSONMember("group", .string(settings.configuration.kafka.groupId)),
            JSONMember("librdkafka", .string(KafkaLibrary.version)),
            JSONMember("http_port", httpPort.map { .integer(Int($0)) } ?? .null),
        ]
        log.line(
            .info, "started",
            [JSONMember("node", .string(settings.nodeID))] + details + [
                JSONMember("enforcement", isolation.report.json),
                JSONMember("sandbox", .string(settings.isolation.sandbox.rawValue)),
            ])
        for shortcoming in isolation.report.shortcomings {
            log.info("not in force here", JSONMember("what", .string(shortcoming)))
        }
        checkIsolation()
        events.publish(.started, details)
    }

    /// The short form of `optimizer check-isolation`, where what commits offences is installed: what hosts can reach,
    /// tried by two of them.
    private func checkIsolation() {
        do throws(HostFailure) {
            let check = try IsolationCheck(isolation: isolation, offender: OffenderProgram.find())
            defer { check.stop() }
            let findings = try check.short()
            let broken = findings.filter { $0.isAskedFor && !$0.holds }
            let held = findings.filter(\.holds).map { JSONValue.string($0.name) }
            log.info("isolation tried", JSONMember("out_of_reach", .array(held)))
            for finding in broken {
                log.warning(
                    "isolation does not hold", JSONMember("what", .string(finding.name)),
                    JSONMember("guarantee", .string(finding.guarantee)), JSONMember("seen", .string(finding.seen)))
            }
        } catch  where error.code == .launcher {
            log.info("isolation not tried", JSONMember("cause", .string(error.description)))
        } catch {
            log.warning("isolation could not be tried", JSONMember("cause", .string(error.description)))
        }
    }

    private func thread(_ name: String, _ body: @escaping @Sendable () -> Void) throws(NodeFailure) -> PermanentThread {
        do {
            return try PermanentThread(name: name, body)
        } catch {
            throw NodeFailure(error.description, code: ExitCode.software)
        }
    }

    /// The hosts are there before the first request; one that cannot be had would make every request wait.
    private func awaitHosts() throws(NodeFailure) {
        let deadline = MonotonicTime.now().adding(milliseconds: PoolSettings.startTimeoutMs)
        while state.readySlotCount < settings.slotCount, !health.isStopRequested {
            guard state.consumerWake.wait(until: deadline) else { break }
        }
        guard state.readySlotCount > 0 || health.isStopRequested else {
            throw NodeFailure(
                "no host became ready within \(PoolSettings.startTimeoutMs) ms; the log says why",
                code: ExitCode.software)
        }
    }
}
