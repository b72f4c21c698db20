import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

/// A real Prometheus with the project's rules, and a real node that misbehaves.
@Suite struct AlertTests {
    private static let alerts = ["OptimizerHostRestarts", "OptimizerMemoryBreaches", "OptimizerDeadLetters"]

    @Test(.enabled(if: PrometheusServer.path != nil, "needs prometheus"))
    func alertsFireForANodeWhoseStrategyCrashesAndHoardsAndWhoseRequestsAreRefused() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=3", "limits.memoryMB=64",
                    // Its alerts are about what it does, not about how it is kept from it.
                    "throttle.enabled=false",
                ], unruly: true)
            let prometheus = try PrometheusServer(
                scraping: HTTPGet.port(of: node), rules: [Files.package + "/rules/optimizer.yml"], every: "500ms")
            defer { prometheus.stop() }

            try kafka.submit((0..<20).map { request("good-\($0)") })
            _ = try prometheus.wait(
                for: #"sum(optimizer_requests_total{strategy="noop",status="completed"})"#, until: "\"20\"]")
            // Twice: the rules have been looked at since.
            for _ in 0..<2 { _ = try prometheus.wait(for: "optimizer:strategy_requests:rate5m", until: "noop") }
            #expect(try Self.firing(in: prometheus).isEmpty, "nothing is wrong yet")

            var sent = 20
            var firing: Set<String> = []
            try eventually("the alerts fire") {
                // The next ones when these are done: what is counted goes up from scrape to scrape.
                if node.node.finishedCount >= sent {
                    try kafka.submit(
                        ["die", "hoard", "die", "hoard", "die"].enumerated().map { index, offence in
                            request("\(sent + index)", more: #","labels":{"misbehave":"\#(offence)"}"#)
                        } + ["{"])
                    sent += 6
                }
                firing = try Self.firing(in: prometheus)
                return firing.isSuperset(of: Self.alerts)
            } explaining: {
                "of \(sent) requests \(node.node.finishedCount) are done, and \(firing.sorted()) fire"
            }
            #expect(try prometheus.firing("OptimizerMemoryBreaches").contains(#""strategy":"noop""#))
            #expect(try prometheus.firing("OptimizerHostRestarts").contains(#""reason":"crashed""#))
            #expect(try node.stop() == 0)
        }
    }

    private static func firing(in prometheus: PrometheusServer) throws -> Set<String> {
        Set(try alerts.filter { try prometheus.firing($0).contains("\"1\"]") })
    }
}
