import Glibc
import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

/// A node whose brokers are away: it says so, everywhere the same, and goes on looking after itself.
@Suite(.machine, .enabled(if: TestKafka.realBootstrap == nil, "brokers are frozen and killed"))
struct OutageTests {
    private static func status(_ node: TestNode) throws -> JSONValue {
        try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))
    }

    private static func gauge(_ name: String, _ node: TestNode) throws -> Double? {
        try HTTPGet.text(node, "/metrics").split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }

    private static func join(_ broker: BrokerProcess) throws -> TestNode {
        let node = try TestNode(
            settings: broker.settings([
                "metrics.http=127.0.0.1:0", "kafka.client.statistics.interval.ms=300", "pool.maxConcurrentStrategies=2",
                "health.brokersAwayMs=15000", "shutdown.drainMs=0",
            ]))
        try eventually("the node is ready, and the lag of all its partitions is known") {
            let status = try status(node)
            let partitions = status["partitions"]?.elements ?? []
            return status["ready"]?.bool == true && !partitions.isEmpty
                && partitions.allSatisfy { $0["lag"]?.integer != nil }
                && status["brokers"]?.elements?.first?["state"]?.string == "up"
        }
        return node
    }

    @Test func aNodeWhoseBrokerWasKilledSaysSoEverywhereAndMovesOn() async throws {
        try await onOwnThread {
            let broker = try BrokerProcess()
            defer { withExtendedLifetime(broker) {} }
            let node = try Self.join(broker)
            broker.signal(SIGKILL)
            try eventually("the broker is shown as down, with why") {
                let shown = try Self.status(node)["brokers"]?.elements?.first
                return shown?["state"]?.string == "down" && shown?["error"]?.string?.contains(broker.bootstrap) == true
            }
            try eventually("the node is not ready, and says which broker is away") {
                try Self.status(node)["reason"]?.string?.hasPrefix("no broker has answered for") == true
            }
            #expect(try Self.gauge("optimizer_ready", node) == 0)
            #expect(try Self.gauge("optimizer_brokers_down", node) == 1)
            #expect(try HTTPGet.text(node, "/readyz").contains(broker.bootstrap))
            #expect(try HTTPGet.text(node, "/healthz") == "ok\n")
            let before = try Self.status(node)
            #expect(before["errors"]?.elements?.contains { $0["kind"]?.string == "kafka" } == true)
            let samples = before["history"]?["running"]?.elements?.count ?? 0
            try eventually("the monitor goes on") {
                let now = try Self.status(node)["history"]?["running"]?.elements?.count ?? 0
                return now >= samples + 3
            }
            let lines = node.log.all.filter { $0.contains("a broker cannot be reached") }
            #expect(lines.count == 1, "\(lines)")
            try node.stop()
        }
    }

    @Test func aNodeWhoseBrokerIsFrozenSaysSoAndIsReadyAgainWhenItThaws() async throws {
        try await onOwnThread {
            let broker = try BrokerProcess()
            defer { withExtendedLifetime(broker) {} }
            let node = try Self.join(broker)
            broker.signal(SIGSTOP)
            try eventually("the node is not ready") {
                try Self.status(node)["reason"]?.string?.hasPrefix("no broker has answered for") == true
            }
            #expect(try Self.gauge("optimizer_ready", node) == 0)
            #expect(try HTTPGet.text(node, "/healthz") == "ok\n")
            // A connection that is open counts as lost only once it has not answered for longer.
            try eventually("the broker is shown as down") {
                try Self.status(node)["brokers"]?.elements?.first?["state"]?.string == "down"
            }
            broker.signal(SIGCONT)
            try eventually("the node is ready again") { try Self.gauge("optimizer_ready", node) == 1 }
            try eventually("the broker's return is in the log") {
                node.log.all.contains { $0.contains("a broker is back") && $0.contains("away_ms") }
            }
            try node.stop()
        }
    }

    @Test func resultsThatAreNotAcknowledgedAreToldAndNotCounted() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
                    "health.unacknowledgedMs=1000", "shutdown.drainMs=0",
                ])
            try eventually("the node is ready") { try Self.gauge("optimizer_ready", node) == 1 }
            try kafka.submit([request("first")])
            try eventually("the first one is done") { node.node.finishedCount == 1 }
            try kafka.submit([request("second", "sleep", #"{"ms":1500}"#)])
            try eventually("the second one runs") { node.node.runningCount == 1 }
            // Not enough replicas in sync: librdkafka sends again, and says nothing.
            kafka.broker?.fail(.produce, with: Array(repeating: 19, count: 1_000_000))
            try eventually("the result waits") {
                try Self.gauge("optimizer_oldest_unacknowledged_seconds", node) ?? 0 > 1
            }
            try eventually("the node is not ready") {
                try Self.status(node)["reason"]?.string?.hasPrefix("a result has not been acknowledged for") == true
            }
            #expect(node.node.finishedCount == 1)
            #expect(try Self.status(node)["queue"]?["oldest_unacknowledged_ms"]?.integer ?? 0 > 1000)
            try eventually("it stands among the errors") {
                try Self.status(node)["errors"]?.elements?.contains {
                    $0["message"]?.string?.hasPrefix("results have not been acknowledged") == true
                } == true
            }
            kafka.broker?.clearFailures(.produce)
            try eventually("it is acknowledged, and the node is ready") {
                try Self.gauge("optimizer_ready", node) == 1 && node.node.finishedCount == 2
            }
            try node.stop()
        }
    }

    @Test func aMetricsTopicThatTakesNothingIsToldAndCounted() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, ["metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64"])
            // A node that may not write there from the beginning does not start. Nothing else is written meanwhile.
            try eventually("the node is ready") { try Self.gauge("optimizer_ready", node) == 1 }
            kafka.broker?.fail(.produce, with: Array(repeating: 29, count: 1_000_000))
            let counter = #"optimizer_publish_failures_total{destination="metrics"}"#
            try eventually("events that were not taken are counted, again and again") {
                try Self.gauge(counter, node) ?? 0 > 5
            }
            let count = try Self.gauge(counter, node) ?? 0
            let lines = node.log.all.filter { $0.contains("metrics events cannot be published") }
            // One a minute, where the machine is that slow.
            #expect(!lines.isEmpty && Double(lines.count) < count, "\(count): \(lines)")
            let errors = try Self.status(node)["errors"]?.elements ?? []
            #expect(errors.contains { $0["message"]?.string?.contains(kafka.topics.metrics) == true })
            try node.stop()
        }
    }
}
