import Configuration
import Glibc
import Kafka
import Messages
import Metrics
import System
import TestSupport
import Testing

@testable import Worker

/// Alerts in their own case: a real node in the condition an alert is about, a real Prometheus, the shipped rules. Only
/// time runs faster in the rules.
@Suite(.enabled(if: PrometheusServer.path != nil, "needs prometheus")) struct AlertConditionTests {
    private static let settings = [
        "metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
    ]

    @Test(.enabled(if: TestKafka.realBootstrap == nil, "only the embedded broker can be stopped from here"))
    func aTotalOutage() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings + ["health.unacknowledgedMs=1000"])
            let watch = try AlertWatch([node])
            defer { watch.stop() }
            _ = try watch.prometheus.wait(for: "optimizer_ready", until: "\"1\"]")
            try kafka.submit((0..<4).map { request("r\($0)", "sleep", #"{"ms":2000}"#) })
            try eventually("steps run") { node.node.runningCount == 2 }
            kafka.broker?.setDown(true)
            // An event that found no broker within half a minute is dropped.
            try watch.expect([
                "OptimizerNotReady", "OptimizerNoneReady", "OptimizerBrokerDown", "OptimizerResultsUnacknowledged",
                "OptimizerLagUnknown", "OptimizerMetricsEventsDropped",
            ])
            kafka.broker?.setDown(false)
            #expect(try node.stop() == 0)
        }
    }

    @Test func aPartitionWhoseFirstRequestDoesNotEnd() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                Self.settings + [
                    "pool.maxConcurrentStrategies=1", "limits.timeoutMs=600000", "backpressure.queueDepth=10",
                    "backpressure.resumeDepth=5", "backpressure.pauseAfterMs=1", "shutdown.drainMs=0",
                ])
            let watch = try AlertWatch([node])
            defer { watch.stop() }
            try kafka.submit([request("stuck", "sleep", #"{"ms":500000}"#)])
            try kafka.submit((0..<1200).map { request("r\($0)") })
            try watch.expect([
                "OptimizerPartitionBlocked", "OptimizerNoProgress", "OptimizerLagTime", "OptimizerLagGrowing",
                "OptimizerQueueAtBound", "OptimizerPartitionsPaused",
            ]) { try kafka.submit((0..<5).map { request("more-\($0)") }) }
            #expect(try node.stop() == 0)
        }
    }

    @Test func aNodeThatIsKilledAgainAndAgainAndThenStaysAway() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let folder = try TemporaryFolder()
            let port = try FreePort.find()
            let settings =
                Self.settings + [
                    "metrics.http=127.0.0.1:\(port)", "node.id=n1", "node.stateDirectory=\(folder.file("state"))",
                ]
            let watch = try AlertWatch([port], secondsPerMinute: 20)
            defer { watch.stop() }
            var node = try NodeProcess(kafka, settings)
            for starts in 1...4 {
                _ = try watch.prometheus.wait(
                    for: "changes(process_start_time_seconds[1h])", until: "\"\(starts - 1)\"]")
                if starts == 4 { break }
                node.signal(SIGKILL)
                node.wait()
                node = try NodeProcess(kafka, settings)
            }
            try watch.expect(["OptimizerRestartLoop", "OptimizerEndedBadly"])
            #expect(try watch.prometheus.firing("OptimizerEndedBadly").contains(#""reason":"crashed""#))
            node.signal(SIGKILL)
            node.wait()
            try watch.expect(["OptimizerNodeDown", "OptimizerNoNode"])
        }
    }

    @Test func whatARunDidNotLiveToShow() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let ends: [(NodeEnd.Reason, alert: String)] = [
                (.fenced, "OptimizerFenced"), (.unpublishable, "OptimizerPublishFailures"),
                (.fatal, "OptimizerEndedBadly"),
            ]
            let nodes = try ends.map { reason, _ in
                try TestNode(
                    kafka, Self.settings,
                    tune: { $0.lastEnd = NodeEnd(reason, exitCode: ExitCode.software, time: nil) })
            }
            // The process of the tests may be old: a quarter of an hour is fifteen.
            let watch = try AlertWatch(nodes, secondsPerMinute: 3600)
            defer { watch.stop() }
            try watch.expect(ends.map(\.alert))
            for node in nodes { #expect(try node.stop() == 0) }
        }
    }

    @Test(.enabled(if: TestKafka.realBootstrap == nil, "only the embedded broker forgets records at once"))
    func recordsThatWereGoneBeforeTheFirstScrape() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.commit(partition: 0, nextOffset: 1)
            try kafka.submitMoreThanIsKept()
            let node = try TestNode(kafka, Self.settings)
            try eventually("the node has found that") { node.node.count(.skippedRecords) > 0 }
            let watch = try AlertWatch([node], secondsPerMinute: 60)
            defer { watch.stop() }
            try watch.expect(["OptimizerRecordsSkipped"])
            #expect(try node.stop() == 0)
        }
    }

    @Test(.enabled(if: TestKafka.realBootstrap == nil, "only the embedded broker can be told to refuse"))
    func aBrokerThatRefusesCommits() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings + ["commit.intervalMs=100"])
            let watch = try AlertWatch([node])
            defer { watch.stop() }
            _ = try watch.prometheus.wait(for: "optimizer_ready", until: "\"1\"]")
            // REBALANCE_IN_PROGRESS: answered at once, and no reason to end.
            kafka.broker?.fail(.offsetCommit, with: Array(repeating: 27, count: 20_000))
            try kafka.submit([request("r")])
            try watch.expect(["OptimizerCommitFailures", "OptimizerNotReady", "OptimizerNoneReady"])
            kafka.broker?.clearFailures(.offsetCommit)
            #expect(try node.stop() == 0)
        }
    }

    @Test func twoNodesOfOneGroupThatDiffer() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let folder = try TemporaryFolder()
            try folder.write(Array("strategies: { extra: { command: [/bin/cat] } }\n".utf8), to: "extra.yml")
            let data = folder.file("data")
            let optimizer = try #require(ExecutablePath.beside("optimizer"))
            let imported = try CommandLineTool.run(
                optimizer,
                [
                    "import", Files.package + "/deploy/data/synth_walk.csv", "--dataset", "walk", "--set",
                    "data.root=\(data)",
                ])
            #expect(imported.status == 0, "\(imported.output)")
            let settings = Self.settings + ["isolation.enforcement=rlimit"]
            let nodes = [
                try TestNode(kafka, settings),
                try TestNode(kafka, settings + ["data.root=\(data)"], file: folder.file("extra.yml")),
            ]
            let watch = try AlertWatch(nodes)
            defer { watch.stop() }
            try watch.expect(["OptimizerStrategiesDiffer", "OptimizerDataDiffers", "OptimizerEnforcementDegraded"])
            for node in nodes { #expect(try node.stop() == 0) }
        }
    }

    @Test func stepsThatUseMoreProcessorThanTheyMay() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(
                kafka, Self.settings + ["limits.cpuPercent=10", "limits.timeoutMs=60000", "throttle.enabled=false"])
            let watch = try AlertWatch([node])
            defer { watch.stop() }
            var sent = 0
            try watch.expect(["OptimizerCPUBreaches"]) {
                guard node.node.finishedCount >= sent - 2 else { return }
                try kafka.submit((0..<4).map { request("b\(sent)-\($0)", "burn", #"{"ms":50}"#) })
                sent += 4
            }
            #expect(try node.stop() == 0)
        }
    }

    @Test func stepsThatAreSlowAndStepsThatEndBadly() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(
                kafka, Self.settings + ["limits.executionTimeMs=1", "throttle.enabled=false"], unruly: true)
            let watch = try AlertWatch([node])
            defer { watch.stop() }
            var sent = 0
            try watch.expect(["OptimizerLatencyOverTarget", "OptimizerStepsEndBadly"]) {
                // The next ones when these are done.
                guard node.node.finishedCount >= sent else { return }
                try kafka.submit(
                    (0..<3).map { request("s\(sent)-\($0)", "sleep", #"{"ms":20}"#) }
                        + [request("d\(sent)", more: #","labels":{"misbehave":"die"}"#)])
                sent += 4
            }
            // What the alert of a regression compares is recorded; the day it compares with takes a day.
            #expect(
                try watch.prometheus.query("last_over_time(optimizer:strategy_step_latency_ms:p95_5m[5m])")
                    .contains(#""strategy":"sleep""#))
            #expect(try node.stop() == 0)
        }
    }
}
