import Configuration
import Glibc
import Messages
import Metrics
import TestSupport
import Testing

@testable import Worker

@Suite struct CredentialWatchTests {
    private static let expiry = "optimizer_certificate_expiry_timestamp_seconds"
    private static let changed = "optimizer_credential_file_changed"

    private func files(_ settings: [String]) throws -> [CredentialFile] {
        CredentialFile.all(
            in: try OptimizerConfiguration.load(file: nil, environment: [:], settings: settings).kafka)
    }

    /// A watch over what the settings name, what it shows, and what it logs.
    private func watch(_ settings: [String]) throws -> (
        watch: CredentialWatch, value: (_ metric: String, _ file: String) -> Double?, log: LogLines
    ) {
        let (registry, log) = (MetricRegistry(strategies: []), LogLines())
        let watch = CredentialWatch(
            try files(settings), metrics: NodeMetrics(registry: registry, topic: "t"),
            log: Log(minimum: .info, format: .json) { log.append($0) })
        return (
            watch,
            { metric, file in
                String(decoding: registry.exposition(.text), as: UTF8.self).split(separator: "\n")
                    .first { $0.hasPrefix("\(metric){file=\"\(file)\"}") }?.split(separator: " ").last
                    .flatMap { Double($0) }
            }, log
        )
    }

    private func days(from now: Double, to expiry: Double?) -> Double? { expiry.map { ($0 - now) / 86_400 } }

    @Test func theFilesOfAllClientsAreEachThereOnce() throws {
        let folder = try TemporaryFolder()
        try folder.write("secret\n", to: "password")
        let files = try files([
            "kafka.client.ssl.ca.location=/ca.pem", "kafka.client.ssl.keystore.location=/node.p12",
            "kafka.client.ssl.keystore.password=p", "kafka.client.ssl.key.location=/node.key",
            "kafka.client.sasl.password=file:\(folder.file("password"))", "kafka.consumer.ssl.ca.location=/ca.pem",
            "kafka.producer.ssl.certificate.location=/node.pem", "kafka.consumer.session.timeout.ms=6000",
        ])
        #expect(files.map(\.path) == [folder.file("password"), "/ca.pem", "/node.key", "/node.p12", "/node.pem"])
        let keystore = CredentialFile.Content.keystore(password: ProtectedText("p", isSecret: true))
        #expect(files.map(\.content) == [.secret, .authorities, .key, keystore, .chain])
        #expect(files.last?.key == "kafka.producer.ssl.certificate.location")
        #expect(try self.files(["kafka.client.ssl.ca.location=probe"]).isEmpty)
    }

    @Test(.enabled(if: TestAuthority.program != nil, "needs openssl"))
    func aChainExpiresWithItsFirstAndAFileOfCAsWithItsLast() throws {
        let authority = try TestAuthority()
        for days in [10, 30] { try authority.certificate("\(days).pem", days: days) }
        let both = authority.folder.read("10.pem") + authority.folder.read("30.pem")
        for name in ["chain.pem", "ca.pem"] { try authority.folder.write(both, to: name) }
        try authority.keystore("node.p12", of: "10.pem", password: "p")
        let (chain, ca) = (authority.folder.file("chain.pem"), authority.folder.file("ca.pem"))
        let keystore = authority.folder.file("node.p12")
        let (watch, value, _) = try watch([
            "kafka.client.ssl.certificate.location=\(chain)", "kafka.client.ssl.ca.location=\(ca)",
            "kafka.client.ssl.keystore.location=\(keystore)", "kafka.client.ssl.keystore.password=p",
        ])
        watch.look()
        let now = Double(time(nil))
        for (file, expected) in [(chain, 10.0), (ca, 30.0), (keystore, 10.0)] {
            let left = try #require(days(from: now, to: value(Self.expiry, file)))
            #expect(abs(left - expected) < 0.1, "\(file): \(left)")
            #expect(value(Self.changed, file) == 0)
        }
    }

    /// What the clients work with is what counts: the alert on it must not end because of a file that nobody has read.
    @Test(.enabled(if: TestAuthority.program != nil, "needs openssl"))
    func aRenewedCertificateIsToldOnceAndExpiresAsTheOldOneUntilTheClientsReadIt() throws {
        let authority = try TestAuthority()
        try authority.certificate("node.pem", days: 3)
        let file = authority.folder.file("node.pem")
        let (watch, value, log) = try watch(["kafka.client.ssl.certificate.location=\(file)"])
        func left() -> Double { days(from: Double(time(nil)), to: value(Self.expiry, file)) ?? 0 }
        watch.look()
        watch.look()
        #expect(value(Self.changed, file) == 0 && log.all.isEmpty)
        try authority.certificate("node.pem", days: 90)
        for _ in 0..<3 { watch.look() }
        #expect(value(Self.changed, file) == 1 && left() < 4)
        #expect(log.all.count == 1, "\(log.all)")
        let line = try JSONValue.parse(Array((log.all.first ?? "").utf8))
        #expect(line["level"] == .string("warning") && line["file"] == .string(file))
        #expect(line["key"] == .string("kafka.client.ssl.certificate.location"))
        try authority.certificate("node.pem", days: 60)
        watch.look()
        #expect(log.all.count == 2)
        watch.noteRead()
        watch.look()
        #expect(value(Self.changed, file) == 0 && left() > 50 && log.all.count == 2)
        unlink(file)
        watch.look()
        #expect(value(Self.changed, file) == 1)
        #expect(log.all.last?.contains("cannot be opened") == true, "\(log.all)")
    }

    /// It was read with the configuration, which clients that are made later do not read again.
    @Test func aSecretOfTheConfigurationIsAsOldAsThat() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secret-1\n", to: "password")
        let (watch, value, log) = try watch(["kafka.client.sasl.password=file:\(file)"])
        watch.look()
        try folder.write("secret-2\n", to: "password")
        watch.noteRead()
        watch.look()
        #expect(value(Self.changed, file) == 1 && value(Self.expiry, file) == nil)
        #expect(log.all.count == 1 && !log.all.contains { $0.contains("secret-") }, "\(log.all)")
        try folder.write("secret-1\n", to: "password")
        watch.look()
        #expect(value(Self.changed, file) == 0)
    }

    @Test func whatIsNoCertificateHasNoExpiryAndIsSaidToBeNone() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("no certificate", to: "ca.pem")
        let (watch, value, log) = try watch([
            "kafka.client.ssl.ca.location=\(file)", "kafka.client.ssl.certificate.location=/no/such.pem",
            "kafka.client.https.ca.location=\(folder.path)",
        ])
        watch.look()
        watch.noteRead()
        watch.look()
        #expect(value(Self.expiry, file) == nil && value(Self.changed, file) == 0)
        let words = ["it has no certificate in PEM", "cannot be opened", "is a directory"]
        #expect(log.all.count == words.count, "\(log.all)")
        for word in words { #expect(log.all.contains { $0.contains(word) }, "\(word): \(log.all)") }
    }

    @Test(.enabled(if: TestAuthority.program != nil, "needs openssl"))
    func aNodeShowsWhenItsCertificatesExpireAndThatAFileHasChanged() async throws {
        try await onOwnThread {
            let authority = try TestAuthority()
            try authority.certificate("node.pem", days: -1)
            let file = authority.folder.file("node.pem")
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
                    "kafka.client.ssl.certificate.location=\(file)",
                ], tune: { $0.filesIntervalMs = 50 })
            func value(_ metric: String) throws -> Double? {
                try HTTPGet.text(node, "/metrics").split(separator: "\n").first { $0.hasPrefix(metric + "{") }?
                    .split(separator: " ").last.flatMap { Double($0) }
            }
            try kafka.submit([request("a")])
            _ = try kafka.results(1)
            try eventually("an expiry in the past is shown") {
                let expiry = try value(Self.expiry) ?? .infinity
                return try expiry < Double(time(nil)) && value(Self.changed) == 0
            }
            try authority.certificate("node.pem", days: 90)
            try eventually("the file has changed") { try value(Self.changed) == 1 }
            #expect(try value(Self.expiry) ?? .infinity < Double(time(nil)))
            try eventually("it is logged") {
                node.log.all.contains { $0.contains("a file has changed that holds only after a restart") }
            }
            #expect(try node.stop() == 0)
        }
    }
}
