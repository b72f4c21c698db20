import Hosting
import Kafka
import Metrics
import Scheduling
import System

/// What a node has once it knows its cluster: its clients, and what works with them.
struct NodeWork: Sendable {
    let consumer: KafkaConsumer
    let producers: ResultProducers
    let events: MetricsPublisher
    let publisher: ResultPublisher
    let externals: ExternalPools
    let slots: [Slot]
    let monitor: Monitor
    /// nil: at least once.
    let caller: TransactionCaller?

    /// What of a node is there before its cluster is known.
    struct Surroundings {
        let settings: NodeSettings
        let state: NodeState
        let spawner: HostSpawner
        let strategies: StrategyList
        let registry: MetricRegistry
        let metrics: NodeMetrics
        let statistics: KafkaStatistics
        let gauges: LiveGauges
        let failures: KafkaFailures
        let errors: RecentErrors
        let log: Log
    }

    /// Opens the clients; nothing runs yet.
    ///
    /// - Throws: `NodeFailure` naming what librdkafka or this machine refuses.
    init(_ node: Surroundings, on cluster: TopicCheck.Cluster, clients: KafkaClients) throws(NodeFailure) {
        let opened = try Self.open(clients.knowing(cluster), node, cluster)
        (consumer, producers) = (opened.consumer, opened.producers)
        let settings = node.settings
        let events = MetricsPublisher(
            producer: opened.metrics, topic: settings.topics.metrics, node: settings.nodeID, registry: node.registry,
            statistics: node.statistics, failures: node.failures)
        self.events = events
        let isTransactional = settings.transactionalID != nil
        let waiting = isTransactional ? WaitingResults(mostBytes: settings.outputKilobytes << 10) : nil
        publisher = ResultPublisher(
            producers: producers, state: node.state, topics: settings.topics, node: settings.nodeID,
            cluster: cluster.id, lingerMs: settings.resultLingerMs, keepsOrder: settings.ordering != .unordered,
            waiting: waiting)
        let reporter = StepReporter(
            publisher: publisher, events: events, metrics: node.metrics, errors: node.errors, log: node.log,
            retries: node.strategies.retries)
        let pool = PoolSettings(hostCommand: settings.hostCommand)
        do throws(NodeFailure) {
            do throws(SystemFailure) {
                caller =
                    isTransactional
                    ? try TransactionCaller(topic: settings.topics.requests, consumerWake: node.state.consumerWake)
                    : nil
            } catch {
                throw NodeFailure(error.description, code: ExitCode.software)
            }
            let externals = try ExternalPools(
                settings, strategies: node.strategies, spawner: node.spawner, reporter: reporter)
            self.externals = externals
            slots = (0..<settings.slotCount).map { index in
                Slot(
                    index: index, state: node.state, pool: pool, spawner: node.spawner, externals: externals,
                    reporter: reporter)
            }
            monitor = try Monitor(
                settings: settings, state: node.state, events: events, gauges: node.gauges,
                strategies: node.strategies, statistics: node.statistics, log: node.log)
        } catch {
            opened.close()
            throw error
        }
    }

    /// Ends the clients, by the ending's deadline. No thread uses them any more.
    func closeClients(_ ending: Ending) {
        ending.note("consumer client", consumer.destroy(closingMs: ending.leftMs, patienceMs: ending.leftMs))
        ending.note("producer client", producers.destroy(by: ending))
        ending.note("metrics client", events.close(flushMs: min(1000, ending.leftMs), patienceMs: ending.leftMs))
    }

    /// Gives the clients up: a thread that does not end may still be using them.
    func abandonClients() {
        consumer.abandon()
        producers.abandon()
        events.abandon()
    }

    private struct Clients {
        let consumer: KafkaConsumer
        let producers: ResultProducers
        let metrics: KafkaProducer

        func close() {
            consumer.destroy()
            producers.destroy()
            metrics.destroy()
        }
    }

    private static func open(
        _ clients: KafkaClients, _ node: Surroundings, _ cluster: TopicCheck.Cluster
    ) throws(NodeFailure) -> Clients {
        let wake = node.state.consumerWake
        do throws(KafkaFailure) {
            let consumer = try clients.consumer(partitions: cluster.partitions, wakeDescriptor: wake.descriptor)
            do throws(KafkaFailure) {
                let producers = try ResultProducers(
                    clients, topics: node.settings.topics,
                    queueKilobytes: node.settings.outputKilobytes, largestBatch: cluster.largestBatch,
                    transactionalID: node.settings.transactionalID, wake: wake)
                do throws(KafkaFailure) {
                    return Clients(consumer: consumer, producers: producers, metrics: try clients.metricsProducer())
                } catch {
                    producers.destroy()
                    throw error
                }
            } catch {
                consumer.destroy()
                throw error
            }
        } catch {
            throw NodeFailure("cannot open a Kafka client: \(error)", code: ExitCode.configuration)
        }
    }
}
