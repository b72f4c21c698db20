import TestSupport
import Testing

@testable import Metrics

@Suite(.machine) struct GroupPageTests {
    static let fixture = Files.read(Files.package + "/Tests/MetricsTests/Fixtures/group.json")

    private func document(status: [UInt8]) throws -> String {
        let endpoints = GroupEndpoints { status }
        let server = try HTTPServer(host: "127.0.0.1", port: 0, handler: endpoints.answer)
        defer { server.stop() }
        return try Browser.document(at: "http://127.0.0.1:\(server.port)/")
    }

    @Test func eachEndpointAnswersWithItsOwnKindAndNothingElseIsThere() {
        let endpoints = GroupEndpoints { Self.fixture }
        let page = endpoints.answer(HTTPRequest(path: "/"))
        #expect(page.headers.contains(HTTPHeader("Content-Type", "text/html; charset=utf-8")))
        #expect(endpoints.answer(HTTPRequest(path: "/status")).body == Self.fixture)
        #expect(endpoints.answer(HTTPRequest(path: "/metrics")).status == 404)
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aBrowserShowsWhatTheStatusSays() throws {
        let document = try document(status: Self.fixture)
        for shown in [
            ">optimizer</h1>", "4 nodes", "1 stale or not ready", "10 / 12", "88,443", "1 partition that nobody reads",
            "sma_crossover ×3, macd", "2, 2 paused", "offset 119002: running in slot 2", "71,044",
            "up for 2 nodes, down for 1",
            "switched off (disabledStrategies)", "worker-1, worker-2, worker-4, worker-5, worker-6 and 7 more",
            "suspended by the circuit breaker", "no host starts", "throttled", "&lt;b&gt;not markup&lt;/b&gt;",
            "my_&lt;i&gt;external&lt;/i&gt;", "1.2 s",
        ] {
            #expect(document.contains(shown), "the page does not show \(shown)")
        }
        #expect(document.ranges(of: "<polyline").count == 3, "three curves, each without a gap within")
        #expect(!document.contains("The status of the group lacks"))
        let first = try #require(document.firstRange(of: "<tbody id=\"nodes\">"))
        #expect(document[first.upperBound...].prefix(200).contains("not markup"), "who is in trouble comes first")
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aGroupOfWhichNothingIsKnownYetIsSaidToBeOne() throws {
        let empty = """
            {"schema_version":1,"time":"2026-03-01T03:12:44.120Z","topic":"t","groups":[],"versions":[],
             "stale":["no broker answers"],"nodes_left_out":0,"unread_partitions":null,
             "totals":{"running":0,"slots":0,"queue_depth":0,"partitions":0,"paused_partitions":0,"per_second":0,
              "p95_ms":null,"lag":null,"lag_seconds":null},
             "history":{"interval_ms":5000,"per_second":[],"p95_ms":[],"queue_depth":[],"lag":[]},
             "nodes":[],"partitions":[],"kept_back":[],"brokers":[],"strategies":[]}
            """
        let document = try document(status: Array(empty.utf8))
        for shown in ["0 nodes", "no broker answers.", "not enough samples yet"] { #expect(document.contains(shown)) }
        for id in ["noNodes", "noPartitions", "noBrokers", "nothingKeptBack"] {
            #expect(document.contains("<p id=\"\(id)\" class=\"quiet\">"), "\(id) is not shown")
        }
        #expect(!document.contains("The status of the group lacks"))
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aRateThatIsNotKnownIsADashAndTheRestOfThePageIsThere() throws {
        let full = String(decoding: Self.fixture, as: UTF8.self)
        let document = try document(
            status: Array(full.replacing(/"per_second": [0-9.]+/, with: "\"per_second\": null").utf8))
        #expect(document.contains(">–/s<") && document.contains("sma_crossover ×3, macd"))
        #expect(!document.contains("The status of the group lacks"))
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aGapInACurveIsNoLine() throws {
        let full = String(decoding: Self.fixture, as: UTF8.self)
        let cut = full.replacing(
            /"p95_ms": \[[^\]]*\]/, with: "\"p95_ms\": [null, 4, 5, null, null, 7, null, 8]", maxReplacements: 1)
        let document = try document(status: Array(cut.utf8))
        #expect(document.ranges(of: "<polyline").count == 2 + 3)
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"), arguments: [360, 1100], [true, false])
    func nothingStandsOutOfThePageInAnyWidthAndBothColourSchemes(width: Int, isDark: Bool) throws {
        try FramedPage(page: GroupPage.page, status: Self.fixture).check(width: width, isDark: isDark)
    }
}
