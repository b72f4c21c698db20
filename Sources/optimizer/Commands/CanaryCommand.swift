import Configuration
import Glibc
import Metrics
import Worker

/// `optimizer canary`: requests that go the whole way, and how long that takes.
enum CanaryCommand: Command {
    static let name = "canary"
    static let summary = "sends a small request the whole way again and again, and shows how old the last answer is"
    static let help = """
        optimizer canary [--every 30s] [--http HOST:PORT] [--timeout-ms N]
        optimizer canary --once [--timeout-ms N]

        Sends a request of the strategy noop to one partition of the requests topic after the other, and waits for its
        result: what a client sees, and no node can show of itself. Request ids begin with canary-, labels.origin is
        canary; a node that comes to one after the timeout does not run it. It reads all results from now on, joins no
        group and commits nothing. Partitions are those at its start. It waits for brokers that are away, says what
        changes on standard error, and ends with SIGTERM or SIGINT.

        --http shows /metrics (latency, age of the last answer, by partition how late it is) and /healthz; null: neither.
        --once sends one request to every partition, says how long each took, and ends: for probes.

        Exit codes: 0 done, or ended by a signal; 1 --once: a request was not completed; 69 --once: no broker answers; 78
        a topic is missing, or HOST:PORT cannot be listened on; 130 --once: interrupted.
        """
    static let options =
        ConfigurationOptions.all + [
            ConfigurationOptions.topic,
            Option("every", value: "TIME", "from one request to the next: 500ms, 30s, 5m (30s)"),
            Option("http", value: "HOST:PORT", "where it shows its metrics (127.0.0.1:9465); null: nowhere"),
            Option("timeout-ms", value: "N", "a request without a result for so long is lost (60000)"),
            Option("once", "one request to every partition, and the exit code says what became of them"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let timeout = try arguments.integer("timeout-ms", in: 1...3_600_000) ?? 60_000
        let every = try arguments.duration("every", in: .milliseconds(100)...(.seconds(86_400)))
        let address = try address(arguments)
        let connection = try KafkaConnection(arguments, topic: \.requests)
        // Before any thread: what is blocked here is blocked in all of them.
        let interruption = Interruption()
        let canary = Canary(every: every ?? .seconds(30), timeout: .milliseconds(timeout))
        if arguments.has("once") {
            guard every == nil, !arguments.has("http") else {
                throw .usage("--once ends at once: it goes with neither --every nor --http")
            }
            return try CanaryRound(canary: canary, interruption: interruption).run(connection)
        }
        let server = try address.map { address throws(CommandFailure) in try serve(canary, at: address) }
        defer { server?.stop() }
        var run = CanaryRun(canary: canary, every: every ?? .seconds(30), interruption: interruption)
        return try run.run(connection)
    }

    private static func address(_ arguments: Arguments) throws(CommandFailure) -> HTTPAddress? {
        guard let text = arguments.value("http") else { return HTTPAddress(host: "127.0.0.1", port: 9465) }
        guard text != "null" else { return nil }
        return try HTTPListening.address(text, also: ", or null")
    }

    private static func serve(_ canary: Canary, at address: HTTPAddress) throws(CommandFailure) -> HTTPServer {
        let endpoints = CanaryEndpoints(
            metrics: canary.metrics, ages: { canary.ages() }, health: { canary.health() })
        return try HTTPListening.serve("metrics", at: address, path: "/metrics") { endpoints.answer($0) }
    }
}
