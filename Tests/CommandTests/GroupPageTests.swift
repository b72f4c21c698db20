import Glibc
import Messages
import TestSupport
import Testing

/// `optimizer top --http`.
@Suite(.machine(.nodes(1))) struct GroupPageTests {
    /// The port of the page, once it is served.
    private func port(of top: Program) throws -> UInt16 {
        var port: UInt16?
        try eventually("the page's address") {
            port = top.words.firstMatch(of: /the group at http:\/\/127\.0\.0\.1:([0-9]+)\//).flatMap { UInt16($0.1) }
            return port != nil || top.hasEnded
        } explaining: {
            top.words
        }
        return try #require(port, "\(top.words)")
    }

    @Test func itShowsANodeWithItsWorkItsPartitionsItsBrokersAndWhatItDoesNotRun() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNode(more: [
            "node.id=shown-on-the-page", "metrics.intervalMs=200", "disabledStrategies=burn", "shutdown.drainMs=0",
            "limits.timeoutMs=600000",
        ])
        let top = try bench.start(["top", "--http", "0"])
        let port = try port(of: top)
        // The embedded broker finds nothing by time: what comes is seen once the page reads.
        try eventually("the page reads") {
            try JSONValue.parse(HTTPClient.get("/status", port: port).body)["nodes"]?.elements?.isEmpty == false
        }
        try bench.submit((0..<4).map { Bench.request("stays-\($0)", "sleep", #"{"ms":500000}"#) })
        let hostile = MetricsEvent(
            .interval, node: "<img src=x onerror=alert(1)>", time: Timestamp(milliseconds: 0),
            [
                JSONMember("slots", .integer(7)), JSONMember("interval_ms", .integer(3_600_000)),
                JSONMember(
                    "kept_back",
                    .array([
                        .object([
                            JSONMember("strategy", .string("<script>alert(2)</script>")),
                            JSONMember("how", .string("<i>")),
                        ])
                    ])),
            ])
        try bench.produce(bench.names.metrics, value: hostile.encoded())
        try bench.produce(bench.names.metrics, value: Array("no event".utf8))
        var status = JSONValue.null
        try eventually("both nodes, the steps and their partitions' lag") {
            status = try JSONValue.parse(HTTPClient.get("/status", port: port).body)
            let node = status["nodes"]?.elements?.first { $0["node"]?.string == "shown-on-the-page" }
            return status["nodes"]?.elements?.count == 2 && node?["running"]?.integer == 2
                && status["partitions"]?.elements?.count == 6 && status["totals"]?["lag"]?.integer == 4
                && status["brokers"]?.elements?.isEmpty == false && status["stale"] == .array([])
                && status["partitions"]?.elements?.contains { $0["blocked"]?["state"]?.string == "running" } == true
        } explaining: {
            status.text
        }
        #expect(status["partitions"]?.elements?.allSatisfy { $0["node"]?.string == "shown-on-the-page" } == true)
        guard Browser.path != nil else { return }
        let document = try Browser.document(at: "http://127.0.0.1:\(port)/")
        for shown in [
            "shown-on-the-page", "sleep ×2", "2 / 9", ">burn<", "switched off (disabledStrategies)", ">up<",
            "&lt;img src=x onerror=alert(1)&gt;", "&lt;script&gt;alert(2)&lt;/script&gt;", "running in slot",
        ] {
            let isShown = document.contains(shown)
            #expect(isShown, "the page does not show \(shown)")
        }
        let isWhole = !document.contains("The status of the group lacks") && !document.contains("<img")
        #expect(isWhole)
        // A node that ends is seen to have ended.
        try bench.stopNode()
        try eventually("the node has stopped") {
            status = try JSONValue.parse(HTTPClient.get("/status", port: port).body)
            return status["nodes"]?.elements?.contains { $0["state"]?.string == "stopped" } == true
        }
        #expect(status["partitions"] == .array([]))
        top.signal(SIGTERM)
        #expect(try top.outcome().code == 0)
    }

    @Test func whatIsWrongIsNamed() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        for words in [
            ["--http", "here"], ["--http", "70000"], ["--http", "0", "--once"], ["--http", "0", "--sort", "n"],
        ] {
            #expect(try bench.optimizer(["top"] + words).code == 64, "\(words)")
        }
        let (descriptor, port) = try FreePort.listen()
        defer { close(descriptor) }
        let taken = try bench.optimizer(["top", "--http", "127.0.0.1:\(port)"])
        #expect(taken.code == 78 && taken.words.contains("127.0.0.1:\(port)"))
    }
}
