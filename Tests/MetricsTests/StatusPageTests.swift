import TestSupport
import Testing

@testable import Metrics

@Suite(.machine) struct StatusPageTests {
    static let fixture = Files.read(Files.package + "/Tests/MetricsTests/Fixtures/status.json")

    private func node(status: [UInt8] = fixture) throws -> HTTPServer {
        let endpoints = NodeEndpoints(
            registry: MetricRegistry(strategies: []), health: { .well }, readiness: { .unwell("not joined") },
            status: { status })
        return try HTTPServer(host: "127.0.0.1", port: 0, handler: endpoints.answer)
    }

    @Test func eachEndpointAnswersWithItsOwnKind() throws {
        let server = try node()
        defer { server.stop() }
        let page = try HTTPClient.get("/", port: server.port)
        #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        let status = try HTTPClient.get("/status", port: server.port)
        #expect(status.headers["content-type"] == "application/json")
        #expect(status.body == Self.fixture)
        let metrics = try HTTPClient.get("/metrics", port: server.port)
        #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let open = try HTTPClient.get(
            "/metrics", port: server.port, headers: ["Accept: application/openmetrics-text;version=1.0.0"])
        #expect(open.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(try HTTPClient.get("/healthz", port: server.port).status == 200)
        let ready = try HTTPClient.get("/readyz", port: server.port)
        #expect(ready.status == 503)
        #expect(ready.text == "not joined\n")
        #expect(try HTTPClient.get("/admin", port: server.port).status == 404)
    }

    @Test func thePolicyAllowsOnlyThePagesOwnStyleAndScript() throws {
        let first = StatusPage.page.response()
        let policy = try #require(first.headers.first { $0.name == "Content-Security-Policy" }?.value)
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("connect-src 'self'"))
        #expect(!policy.contains("unsafe"))
        let nonce = try #require(policy.split(separator: "'").first { $0.hasPrefix("nonce-") }).dropFirst(6)
        let page = String(decoding: first.body, as: UTF8.self)
        #expect(page.contains("<script nonce=\"\(nonce)\">"))
        #expect(page.contains("<style nonce=\"\(nonce)\">"))
        #expect(StatusPage.page.response().headers != first.headers, "the number is used once")
    }

    @Test(arguments: [StatusPage.page, GroupPage.page]) func aPageNamesNothingOutsideItself(_ page: Page) {
        let page = String(decoding: page.response().body, as: UTF8.self)
        let outside = page.split(separator: "http").dropFirst().filter { !$0.hasPrefix("://www.w3.org/2000/svg\"") }
        #expect(outside.isEmpty)
        for danger in ["innerHTML", "eval(", "document.write", "<form", "<button", "<input", " src="] {
            #expect(!page.contains(danger))
        }
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aBrowserShowsWhatTheStatusSays() throws {
        let server = try node()
        defer { server.stop() }
        let document = try Browser.document(at: "http://127.0.0.1:\(server.port)/")
        for shown in [
            "worker-3-4711", "87 / 100", "holding for 412 ms, until 50", "3 wait for lock", "3 / 5", "71 ms",
            "offset 119002: burn running in slot 2 for 38.5 s, request sweep-2026-03/step-00412", "paused",
            "parameters.fast is 60, must be less than slow (20)", "&lt;b&gt;not markup&lt;/b&gt;",
            "80 % of one core, by cgroup", "1 of 5 slots", "switched off here (disabledStrategies)",
            "The last run ended: fenced (exit code 70)", "Static consumer fenced",
            "suspended, tried again in 21.4 s", "donchian_breakout", "polyline",
        ] {
            #expect(document.contains(shown), "the page does not show \(shown)")
        }
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aNodeThatDoesNotAnswerIsSaidNotToAnswer() throws {
        let server = try HTTPServer(host: "127.0.0.1", port: 0) { request in
            request.path == "/" ? StatusPage.page.response() : .text(status: 500, "broken")
        }
        defer { server.stop() }
        let document = try Browser.document(at: "http://127.0.0.1:\(server.port)/")
        #expect(document.contains("No status from this node (it answers 500)."))
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"))
    func aStatusThatLacksAPartShowsTheRestAndSaysWhatIsMissing() throws {
        let full = String(decoding: Self.fixture, as: UTF8.self)
        let server = try node(status: Array(full.replacing("\"errors\":", with: "\"mistakes\":").utf8))
        defer { server.stop() }
        let document = try Browser.document(at: "http://127.0.0.1:\(server.port)/")
        #expect(document.contains("The status of this node lacks what these need: errors."))
        #expect(document.contains("87 / 100") && document.contains("80 % of one core"))
    }

    @Test(.enabled(if: Browser.path != nil, "needs Chromium"), arguments: [360, 1100], [true, false])
    func nothingStandsOutOfThePageInAnyWidthAndBothColourSchemes(width: Int, isDark: Bool) throws {
        try FramedPage(page: StatusPage.page, status: Self.fixture).check(width: width, isDark: isDark)
    }
}
