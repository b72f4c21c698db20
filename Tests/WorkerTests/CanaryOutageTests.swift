import Glibc
import Kafka
import TestSupport
import Testing

@testable import Worker

/// A broker that goes away under a running canary.
@Suite(.machine, .enabled(if: TestKafka.realBootstrap == nil, "only the embedded broker can be stopped from here"))
struct CanaryOutageTests {
    private func requests(_ outcome: String, _ port: UInt16) -> Int {
        let series = "optimizer_canary_requests_total{outcome=\"\(outcome)\"} "
        guard let text = try? HTTPClient.get("/metrics", port: port).text else { return 0 }
        return text.split(separator: "\n").first { $0.hasPrefix(series) }
            .flatMap { Int($0.dropFirst(series.utf8.count)) } ?? 0
    }

    @Test func whatNoBrokerTakesIsNotSentAndTheWayIsFoundAgain() throws {
        let kafka = try TestKafka(partitions: 2)
        defer { kafka.close() }
        let node = try TestNode(kafka)
        let port = try FreePort.find()
        let canary = try NodeProcess(
            settings: kafka.settings(),
            command: ["canary", "--every", "100ms", "--timeout-ms", "2000", "--http", "127.0.0.1:\(port)"])
        try eventually("requests are completed") { requests("completed", port) > 2 }
        kafka.broker?.setDown(true)
        try eventually("requests are not sent") { requests("not_sent", port) > 2 }
        kafka.broker?.setDown(false)
        let before = requests("completed", port)
        try eventually("requests are completed again") { requests("completed", port) > before + 2 }
        canary.signal(SIGTERM)
        #expect(try canary.end() == 0)
        #expect(try node.stop() == 0)
    }
}
