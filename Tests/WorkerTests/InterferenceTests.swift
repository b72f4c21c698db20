import Configuration
import Messages
import Metrics
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

@Suite(.machine(.nodes(2))) struct InterferenceTests {
    /// Twice as many burning hosts as processors: each waits for about as long as it runs.
    @Test func waitingForAProcessorShowsByStrategy() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let slots = 2 * SystemFacts.usableProcessors
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=\(slots)", "limits.memoryMB=32"])
            let count = slots * 6
            try kafka.submit((0..<count).map { request("\($0)", "burn", #"{"ms":50}"#) })
            var highest = 0.0
            try eventually("all are done") {
                highest = max(highest, node.node.value(.interference, strategy: "burn"))
                return node.node.finishedCount == count && highest > 0
            }
            #expect(highest > 0.2)
            #expect(try node.stop() == 0)
        }
    }

    /// Intervals made by hand: what the machine does meanwhile has no part in it.
    @Test func whoMakesOthersSlowIsNamedAndGetsFewerSlots() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let configuration = try OptimizerConfiguration.load(
                file: nil, environment: [:],
                settings: kafka.settings(["pool.maxConcurrentStrategies=8", "limits.memoryMB=64"]))
            let settings = try NodeSettings(configuration)
            let registry = MetricRegistry(strategies: ["victim", "culprit"])
            let metrics = NodeMetrics(registry: registry, topic: "requests")
            let log = Log(minimum: .error, format: .json) { _ in }
            let state = try NodeState(settings)
            let brokers = BrokerBoard(log: log)
            let events = MetricsPublisher(
                producer: try KafkaClients(configuration.kafka).metricsProducer(), topic: settings.topics.metrics,
                node: "test", registry: registry, statistics: KafkaStatistics(in: registry, brokers: brokers),
                failures: KafkaFailures(brokers: brokers, errors: RecentErrors(), metrics: metrics, log: log))
            defer { _ = events.close(flushMs: 5000, patienceMs: 5000) }
            let latency = registry.perStrategy(.stepLatency)
            var now = MonotonicTime.now()
            var report = InterferenceReport(
                state: state, events: events, metrics: metrics, log: log, settings: settings.interference, at: now)
            func interval(victimMs: Int, culpritSteps: Int) {
                for _ in 0..<100 { latency[1].record(nanoseconds: UInt64(victimMs) * 1_000_000) }
                for _ in 0..<culpritSteps { latency[2].record(nanoseconds: 50_000_000) }
                now = now.adding(milliseconds: 5000)
                report.look(at: now)
            }
            for _ in 0..<5 { interval(victimMs: 10, culpritSteps: 10) }
            #expect(state.snapshot.admission.throttle.slots(for: 2) == 8)
            interval(victimMs: 30, culpritSteps: 400)
            #expect(state.snapshot.admission.throttle.slots(for: 2) == 4)
            #expect(state.snapshot.admission.throttle.slots(for: 1) == 8)
            try eventually("the event is there") {
                events.drain()
                return try kafka.events(.interference).contains {
                    $0["strategy"]?.string == "victim" && $0["disturbed_by"]?.string == "culprit"
                }
            }
        }
    }
}
