import Glibc
import Messages
import TestSupport
import Testing

/// Node and commands on a Kafka that wants TLS, certificates or a password, as `deploy/permissions.md` has them.
@Suite(
    .serialized, .secureBroker,
    .enabled(
        if: SecureBroker.home != nil && TestAuthority.program != nil,
        "needs openssl and an Apache Kafka to start, whose directory KAFKA_HOME names: the embedded broker has no TLS"))
struct SecureConnectionTests {
    private let broker: SecureBroker
    private let names = BenchNames.unique()
    private let folder: TemporaryFolder

    init() throws {
        broker = try #require(SecureBroker.shared)
        folder = try TemporaryFolder()
    }

    /// A way in, with all that it takes; or all but one thing.
    struct Way: Sendable, CustomStringConvertible {
        let listener: SecureBroker.Listener
        let properties: [String: String]
        var description: String { "\(listener), \(properties.sorted { $0.key < $1.key })" }

        static let tls = Way(.tls, ["security.protocol": "ssl"])
        static let mutual = Way(.mutual, ["security.protocol": "ssl"]).with("node.pem")
        static let plain = password("PLAIN")
        static let scram = password("SCRAM-SHA-512")

        init(_ listener: SecureBroker.Listener, _ properties: [String: String]) {
            self.listener = listener
            self.properties = ["ssl.ca.location": "ca.pem"].merging(properties) { $1 }
        }

        func with(_ certificate: String) -> Way {
            Way(
                listener,
                properties.merging(["ssl.certificate.location": certificate, "ssl.key.location": "key.pem"]) { $1 })
        }

        static func password(_ mechanism: String, _ password: String = SecureBroker.user.password) -> Way {
            Way(
                .password,
                [
                    "security.protocol": "sasl_ssl", "sasl.mechanisms": mechanism,
                    "sasl.username": SecureBroker.user.name, "sasl.password": password,
                ])
        }
    }

    private func environment(_ way: Way) -> [String] {
        names.environment + ["OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS=\(broker.address(way.listener))"]
            + way.properties.map { name, value in
                let variable = "OPTIMIZER_KAFKA_CLIENT_\(name.uppercased().replacing(".", with: "_"))"
                return "\(variable)=\(name.hasSuffix(".location") ? broker.authority.folder.file(value) : value)"
            }
    }

    private func startNode(_ way: Way, _ more: String...) throws -> Program {
        try Program(
            [
                "run", "--set", "metrics.http=null", "--set", "data.root=\(folder.path)", "--set",
                "node.stateDirectory=\(folder.path)", "--set", "pool.maxConcurrentStrategies=1", "--set",
                "limits.memoryMB=128",
            ] + more.flatMap { ["--set", $0] }, environment: environment(way))
    }

    private func withTopics(_ body: () throws -> Void) throws {
        try names.create(on: broker.address(.plain))
        defer { #expect(throws: Never.self) { try names.delete(from: broker.address(.plain)) } }
        try body()
    }

    // MARK: The whole way

    @Test(arguments: [Way.tls, .mutual, .plain, .scram]) func requestsGoTheWholeWay(_ way: Way) throws {
        func optimizer(_ words: [String], input: String? = nil) throws -> Program.Outcome {
            let outcome = try Program.run(words, input: input, environment: environment(way))
            #expect(outcome.code == 0, "\(words[0]): \(outcome.words)")
            return outcome
        }
        _ = try optimizer(["topics", "create", "--replication-factor", "1"])
        defer { #expect(throws: Never.self) { try names.delete(from: broker.address(.plain)) } }
        _ = try optimizer(["topics", "check"])
        let node = try startNode(way)
        _ = try optimizer(["submit", "-"], input: Bench.request("secured") + "\n")
        let answer = try optimizer(["results", "--follow", "--request", "secured", "--json"] + Patience.option)
        #expect(try objects(answer.output).first?["status"]?.string == "completed", "\(node.words)")
        _ = try optimizer(["canary", "--once"] + Patience.option)
        _ = try optimizer(["top", "--once"])
        _ = try optimizer(["lag", "--max", "0"])
        node.signal(SIGTERM)
        #expect(try node.outcome().code == 0, "\(node.words)")
    }

    // MARK: What is wrong

    @Test(arguments: [
        (Way(.tls, ["security.protocol": "ssl", "ssl.ca.location": "other-ca.pem"]), "by a CA that is not known here"),
        (Way(.expired, ["security.protocol": "ssl"]), "its certificate /CN=expired.pem has expired"),
        (Way(.elsewhere, ["security.protocol": "ssl"]), "its certificate /CN=elsewhere.pem is for another host name"),
        (Way(.tls, ["security.protocol": "plaintext"]), "this port seems to speak TLS"),
        (Way(.plain, ["security.protocol": "ssl"]), "this port seems to speak no TLS"),
        // Kafka's broker says the same whether there is none or it takes none.
        (Way(.mutual, ["security.protocol": "ssl"]), "does not take this node's certificate: check that"),
        (Way(.mutual, ["security.protocol": "ssl"]).with("unknown.pem"), "does not take this node's certificate"),
        (Way(.mutual, ["security.protocol": "ssl"]).with("expired.pem"), "does not take this node's certificate"),
        (Way.password("PLAIN", "wrong"), "the broker refuses this login"),
        (Way.password("SCRAM-SHA-512", "wrong"), "the broker refuses this login"),
        (Way.password("SCRAM-SHA-256"), "set sasl.mechanisms under kafka.client to one that the broker offers"),
    ])
    func whatKeepsSomebodyOutIsSaid(_ way: Way, _ words: String) throws {
        try withTopics {
            for command in [
                ["submit", "-"], ["results", "--request", "r"], ["topics", "check"], ["canary", "--once"],
            ] {
                let outcome = try Program.run(command, input: Bench.request("r") + "\n", environment: environment(way))
                #expect(outcome.code != 0, "\(command)")
                #expect(outcome.words.contains(words), "\(command): \(outcome.words)")
            }
            let node = try startNode(way, "kafka.startTimeoutMs=3000").outcome()
            #expect(node.code != 0)
            #expect(node.words.contains(words), "\(node.words)")
        }
    }

    // MARK: Rotation

    @Test func aRenewedCertificateIsToldAndHoldsAfterARestart() throws {
        let folder = broker.authority.folder
        let day = 86_400.0
        try withTopics {
            try folder.write(folder.read("node.pem"), to: "rotated.pem")
            let way = Way.mutual.with("rotated.pem")
            let port = try FreePort.find()
            let file = folder.file("rotated.pem")
            let node = try startNode(way, "metrics.http=127.0.0.1:\(port)")
            try process("before", way, node)
            let now = Double(time(nil))
            for (file, days) in [(file, 20.0), (folder.file("ca.pem"), 90)] {
                let expiry = try #require(try value("certificate_expiry_timestamp_seconds", of: file, port))
                #expect(abs(expiry - now - days * day) < 0.1 * day, "\(file)")
            }
            #expect(try value("credential_file_changed", of: file, port) == 0)

            try folder.write(folder.read("renewed.pem"), to: "rotated.next")
            #expect(rename(folder.file("rotated.next"), file) == 0)
            node.signal(SIGHUP)
            try eventually("the node says that it is another") {
                try value("credential_file_changed", of: file, port) == 1
            } explaining: {
                node.words
            }
            #expect(node.words.contains("until the node is restarted"), "\(node.words)")
            // It goes on with the old one.
            try process("between", way, node)
            let old = try #require(try value("certificate_expiry_timestamp_seconds", of: file, port))
            #expect(abs(old - now - 20 * day) < 0.1 * day)
            node.signal(SIGTERM)
            #expect(try node.outcome().code == 0, "\(node.words)")

            let next = try startNode(way, "metrics.http=127.0.0.1:\(port)")
            try process("after", way, next)
            let new = try #require(try value("certificate_expiry_timestamp_seconds", of: file, port))
            #expect(abs(new - now - 60 * day) < 0.1 * day)
            #expect(try value("credential_file_changed", of: file, port) == 0)
            next.signal(SIGTERM)
            #expect(try next.outcome().code == 0, "\(next.words)")
        }
    }

    private func process(_ id: String, _ way: Way, _ node: Program) throws {
        let environment = environment(way)
        let submitted = try Program.run(["submit", "-"], input: Bench.request(id) + "\n", environment: environment)
        #expect(submitted.code == 0, "\(submitted.words)")
        let answer = try Program.run(
            ["results", "--follow", "--request", id] + Patience.option, environment: environment)
        #expect(answer.code == 0, "\(answer.words) \(node.words)")
    }

    private func value(_ metric: String, of file: String, _ port: UInt16) throws -> Double? {
        try HTTPClient.get("/metrics", port: port).text.split(separator: "\n")
            .first { $0.hasPrefix("optimizer_\(metric){file=\"\(file)\"}") }?.split(separator: " ").last
            .flatMap { Double($0) }
    }
}
