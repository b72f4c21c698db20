import Glibc
import TestSupport
import Testing

@testable import Metrics

@Suite struct HTTPServerTests {
    private func server(_ handler: @escaping HTTPServer.Handler = { .text("you asked for \($0.path)\n") }) throws
        -> HTTPServer
    {
        try HTTPServer(host: "127.0.0.1", port: 0, handler: handler)
    }

    @Test func answersOnThePortItSaysItGot() throws {
        let server = try server()
        defer { server.stop() }
        let answer = try HTTPClient.get("/some%20where?x=1", port: server.port)
        #expect(answer.status == 200)
        #expect(answer.text == "you asked for /some where\n")
        #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
    }

    @Test func everyAnswerForbidsCachingSniffingAndContent() throws {
        let server = try server()
        defer { server.stop() }
        let answer = try HTTPClient.get("/", port: server.port)
        #expect(answer.headers["cache-control"] == "no-store")
        #expect(answer.headers["x-content-type-options"] == "nosniff")
        #expect(answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
    }

    @Test func handsTheAcceptHeaderToTheHandler() throws {
        let server = try server { .text($0.accept) }
        defer { server.stop() }
        #expect(try HTTPClient.get("/", port: server.port, headers: ["accept: text/plain"]).text == "text/plain")
        #expect(try HTTPClient.get("/", port: server.port).text == "")
    }

    @Test func headGetsTheHeadersWithoutTheBody() throws {
        let server = try server()
        defer { server.stop() }
        let answer = try HTTPClient.get("/abc", port: server.port, method: "HEAD")
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(answer.headers["content-length"] == "\("you asked for /abc\n".utf8.count)")
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
    func otherMethodsAreRefused(method: String) throws {
        let server = try server()
        defer { server.stop() }
        let answer = try HTTPClient.exchange(
            "\(method) / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", port: server.port)
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "GET, HEAD")
    }

    @Test func aRequestThatIsTooLargeIsRefusedAndTheNextIsAnswered() throws {
        let server = try server()
        defer { server.stop() }
        let long = String(repeating: "x", count: 100_000)
        let refused = try? HTTPClient.get("/\(long)", port: server.port)
        #expect(refused == nil || refused?.status == 414 || refused?.status == 431)
        #expect(try HTTPClient.get("/", port: server.port).status == 200)
    }

    /// All from one address, and the probe too: some have said nothing, some a part of their headers.
    @Test func aProbeIsAnsweredWhateverNumberOfConnectionsSaysNothing() throws {
        let server = try server()
        defer { server.stop() }
        var silent: [Int32] = []
        defer { for descriptor in silent { close(descriptor) } }
        let part = Array("GET / HTTP/1.1\r\nHost: local".utf8)
        for count in 1...500 {
            silent.append(try HTTPClient.connect(port: server.port))
            if count.isMultiple(of: 2) { send(silent[silent.count - 1], part, part.count, Int32(MSG_NOSIGNAL)) }
            if count.isMultiple(of: 50) { #expect(try HTTPClient.get("/healthz", port: server.port).status == 200) }
        }
    }

    @Test func connectionsBeyondTheBoundAreClosedTheOldestFirst() throws {
        var limits = HTTPServer.Limits()
        limits.connections = 4
        // None of them goes for its silence.
        limits.idleSeconds = 1000
        let server = try HTTPServer(host: "127.0.0.1", port: 0, limits: limits) { _ in .text("here\n") }
        defer { server.stop() }
        let silent = try (0..<4).map { _ in try HTTPClient.connect(port: server.port) }
        defer { for descriptor in silent { close(descriptor) } }
        #expect(try HTTPClient.get("/", port: server.port).text == "here\n")
        var byte: UInt8 = 0
        #expect(recv(silent[0], &byte, 1, 0) == 0)
        #expect(recv(silent[3], &byte, 1, Int32(MSG_DONTWAIT)) == -1)
    }

    @Test func anAddressInUseIsNamed() throws {
        let server = try server()
        defer { server.stop() }
        let problem = #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(host: "127.0.0.1", port: server.port) { _ in .notFound }
        }
        #expect(problem?.code == .addressInUse)
        #expect(problem?.description.contains("127.0.0.1:\(server.port)") == true)
    }

    @Test func anAddressThatIsNoneIsNamed() {
        let nonsense = #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(host: "not an address", port: 0) { _ in .notFound }
        }
        #expect(nonsense?.code == .badAddress)
        let foreign = #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(host: "192.0.2.1", port: 0) { _ in .notFound }
        }
        #expect(foreign?.code == .addressUnavailable)
    }

    @Test func stoppedTwiceItLeavesNoPortBehind() throws {
        let server = try server()
        let port = server.port
        let open = try HTTPClient.connect(port: port)
        defer { close(open) }
        server.stop()
        server.stop()
        #expect(throws: (any Error).self) { try HTTPClient.get("/", port: port) }
        let next = try HTTPServer(host: "127.0.0.1", port: port) { _ in .notFound }
        next.stop()
    }

    @MainActor @Test func aHandlerMadeOnTheMainActorRunsOnTheServersThread() throws {
        let server = try HTTPServer(host: "127.0.0.1", port: 0) { _ in .text("fine") }
        defer { server.stop() }
        #expect(try HTTPClient.get("/", port: server.port).text == "fine")
    }
}
