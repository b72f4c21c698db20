import Glibc
import Messages
import Metrics
import TestSupport
import Testing

@Suite(.machine) struct HealthTests {
    /// What a node answers on its port, without a node.
    private func server(health: NodeEndpoints.Condition, readiness: NodeEndpoints.Condition) throws -> HTTPServer {
        let endpoints = NodeEndpoints(
            registry: MetricRegistry(strategies: []), health: { health }, readiness: { readiness }, status: { [] })
        return try HTTPServer(host: "127.0.0.1", port: 0) { endpoints.answer($0) }
    }

    private func ask(_ port: UInt16, _ words: String...) throws -> Program.Outcome {
        let patience = words.contains("--timeout-ms") ? [] : Patience.option
        return try Program.run(["health", "--url", "http://127.0.0.1:\(port)"] + patience + words)
    }

    @Test func aNodeThatIsWellIsSuccess() throws {
        let server = try server(health: .well, readiness: .well)
        defer { server.stop() }
        let outcome = try ask(server.port)
        #expect(outcome.code == 0)
        #expect(outcome.output == "")
        #expect(outcome.words == "healthy and ready\n")
        let json = try #require(objects(ask(server.port, "--json").output).first)
        #expect(json["well"]?.bool == true)
        #expect(json["address"]?.string == "127.0.0.1:\(server.port)")
    }

    @Test func theConfigurationSaysWhereToAsk() throws {
        let server = try server(health: .well, readiness: .well)
        defer { server.stop() }
        #expect(try Program.run(["health", "--set", "metrics.http=127.0.0.1:\(server.port)"]).code == 0)
        let environment = ["OPTIMIZER_METRICS_HTTP=localhost:\(server.port)"]
        #expect(try Program.run(["health"], environment: environment).code == 0)
    }

    @Test func aNodeThatIsNotReadyIsAliveAndSaysWhy() throws {
        let server = try server(health: .well, readiness: .unwell("has not joined the group yet"))
        defer { server.stop() }
        let outcome = try ask(server.port)
        #expect(outcome.code == 1)
        #expect(outcome.words == "not ready (/readyz says 503): has not joined the group yet\n")
        let live = try ask(server.port, "--live")
        #expect(live.code == 0)
        #expect(live.words == "healthy\n")
    }

    @Test func aNodeThatHangsIsUnhealthyAndSaysWhy() throws {
        let server = try server(health: .unwell("the consumer thread has not moved"), readiness: .well)
        defer { server.stop() }
        for words in [[], ["--live"]] {
            let outcome = try Program.run(["health", "--url", "127.0.0.1:\(server.port)/", "--json"] + words)
            #expect(outcome.code == 1)
            #expect(outcome.words == "not healthy (/healthz says 503): the consumer thread has not moved\n")
            #expect(try objects(outcome.output).first?["well"]?.bool == false)
        }
    }

    @Test func whereNobodyListensNobodyAnswers() throws {
        let server = try server(health: .well, readiness: .well)
        server.stop()
        let outcome = try ask(server.port)
        #expect(outcome.code == 69)
        #expect(outcome.words.contains("nobody answers at 127.0.0.1:\(server.port)/healthz: Connection refused"))
    }

    @Test func whoTakesTheConnectionAndSaysNothingIsNotWaitedFor() throws {
        let silent = try SilentSocket()
        let outcome = try ask(silent.port, "--timeout-ms", "200")
        #expect(outcome.code == 69)
        #expect(outcome.words.contains("no answer came in time"))
    }

    @Test func anAddressThatIsNoneIsAWrongCall() throws {
        for url in [
            "x", "http://127.0.0.1", "http://:9464", "http://127.0.0.1:0", "http://a b:1", "https://127.0.0.1:9464",
        ] {
            let outcome = try Program.run(["health", "--url", url])
            #expect(outcome.code == 64, "\(url)")
            #expect(outcome.words.contains("must be like http://127.0.0.1:9464"), "\(url)")
        }
    }

    @Test func aNodeWithoutAPortCannotBeAsked() throws {
        let outcome = try Program.run(["health", "--set", "metrics.http=null"])
        #expect(outcome.code == 78)
        #expect(outcome.words.contains("metrics.http"))
    }

    @Test func aRealNodeBecomesReady() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        // A port that was free a moment ago.
        let free = try SilentSocket().port
        try bench.startNode(http: "127.0.0.1:\(free)")
        let outcome = try ask(free)
        #expect(outcome.code == 0)
    }
}

/// Listens on a free port of 127.0.0.1 and never answers.
private final class SilentSocket {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isOpen else { throw Failure("no free port") }
    }

    deinit { close(descriptor) }
}
