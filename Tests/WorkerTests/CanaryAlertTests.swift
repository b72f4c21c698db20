import Glibc
import TestSupport
import Testing

@testable import Worker

/// The alerts on the canary in their own case, as those of a node in `AlertConditionTests`.
@Suite(.enabled(if: PrometheusServer.path != nil, "needs prometheus"), .machine) struct CanaryAlertTests {
    /// Nobody reads the requests topic, and there is no node that could say so.
    @Test func requestsThatGoNoFurtherThanTheTopic() throws {
        let kafka = try TestKafka(partitions: 2)
        defer { kafka.close() }
        let port = try FreePort.find()
        let canary = try NodeProcess(
            settings: kafka.settings(), command: ["canary", "--every", "200ms", "--http", "127.0.0.1:\(port)"])
        let watch = try AlertWatch([port], secondsPerMinute: 1)
        defer { watch.stop() }
        try watch.expect(["OptimizerCanaryLate"])
        canary.signal(SIGTERM)
        #expect(try canary.end() == 0)
        try watch.expect(["OptimizerCanaryMissing"])
    }
}
