import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

/// The status page of a node that works, as a browser shows it.
@Suite struct StatusPageTests {
    private static let settings = [
        "metrics.http=127.0.0.1:0", "node.id=node-in-a-browser", "pool.maxConcurrentStrategies=2",
        "limits.memoryMB=64", "limits.timeoutMs=600000", "backpressure.queueDepth=20", "backpressure.resumeDepth=10",
        "kafka.client.sasl.password=not-for-the-page",
    ]

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aBrowserShowsSlotsQueuePartitionsLatencyAndErrorsOfANodeWithWork() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings + ["shutdown.drainMs=0"])
            try Self.fill(kafka, node)
            let url = "http://127.0.0.1:\(try HTTPGet.port(of: node))/"

            let document = try Browser.document(at: url)
            for shown in [
                "node-in-a-browser", ">running<", "20 / 20", "2 / 2", "stays-0", "stays-1", "of 10 min",
                "2 partitions, 2 paused", "sleep running in slot", "request stays-",
                "polyline", "class=\"bar", "not valid JSON", "80 % of one core",
            ] {
                let isShown = document.contains(shown)
                #expect(isShown, "the page does not show \(shown)")
            }
            for absent in ["not-for-the-page", ">No status from this node"] {
                let isShown = document.contains(absent)
                #expect(!isShown, "the page shows \(absent)")
            }

            for isDark in [false, true] {
                let look = Browser.Look(width: 1200, height: 1500, isDark: isDark)
                let picture = try Browser.picture(of: url, look: look)
                #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]) && picture.count > 20_000)
            }
            #expect(try node.stop() == 0)
        }
    }

    /// Some steps that are done, one each in both slots that outlasts the test, and a queue behind them.
    private static func fill(_ kafka: TestKafka, _ node: TestNode) throws {
        try kafka.submit((0..<20).map { request("done-\($0)", "sleep", #"{"ms":3}"#) } + ["{"])
        try eventually("the first ones are done") { node.node.finishedCount == 21 }
        try kafka.submit((0..<2).map { request("stays-\($0)", "sleep", #"{"ms":500000}"#) })
        try eventually("both slots are taken") { node.node.runningCount == 2 }
        try kafka.submit((0..<100).map { request("waits-\($0)") })
        try eventually("the queue is full, the partitions are paused and their lag is known") {
            let status = try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))
            let partitions = status["partitions"]?.elements ?? []
            let lags = partitions.compactMap { $0["lag"]?.integer }
            return status["queue"]?["depth"]?.integer == 20 && partitions.count == 2
                && partitions.allSatisfy { $0["paused"]?.bool == true } && lags.count == 2 && lags.reduce(0, +) > 80
                && status["history"]?["queue_depth"]?.elements?.count ?? 0 > 1
        }
    }
}
