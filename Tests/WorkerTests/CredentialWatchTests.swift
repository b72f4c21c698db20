import Configuration
import Glibc
import Messages
import Metrics
import System
import TestSupport
import Testing

@testable import Worker

@Suite struct CredentialWatchTests {
    private static let expiry = "optimizer_certificate_expiry_timestamp_seconds"
    private static let changed = "optimizer_credential_file_changed"

    private func files(_ settings: [String], isTLS: Bool = true) throws -> [CredentialFile] {
        CredentialFile.all(
            in: try OptimizerConfiguration.load(
                file: nil, environment: ["SECRET_PLACE": "/s3cret.pem"],
                settings: settings + (isTLS ? ["kafka.client.security.protocol=SSL"] : [])
            ).kafka)
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

    // MARK: Which files

    @Test func theFilesOfAllClientsAreEachThereOnce() throws {
        let folder = try TemporaryFolder()
        let password = try folder.write("secret\n", to: "password")
        let files = try files([
            "kafka.client.ssl.ca.location=/ca.pem", "kafka.client.ssl.keystore.location=/node.p12",
            "kafka.client.ssl.keystore.password=p", "kafka.client.ssl.key.location=/node.key",
            "kafka.client.ssl.crl.location=/crl.pem", "kafka.client.sasl.password=file:\(password)",
            "kafka.consumer.ssl.ca.location=/ca.pem", "kafka.producer.ssl.certificate.location=/node.pem",
            "kafka.consumer.session.timeout.ms=6000",
        ])
        let paths = [password, "/ca.pem", "/crl.pem", "/node.key", "/node.p12", "/node.pem"]
        #expect(files.map(\.path) == paths && files.map(\.name) == paths)
        let keystore = CredentialFile.Content.keystore(password: ProtectedText("p", isSecret: true))
        #expect(
            files.map { $0.uses[0].content } == [.other, .authorities, .revocations, .other, keystore, .chain])
        #expect(files.map(\.isReadByConfiguration) == [true, false, false, false, false, false])
        #expect(files.last?.uses.map(\.key) == ["kafka.producer.ssl.certificate.location"])
        #expect(try self.files(["kafka.client.ssl.ca.location=probe"]).isEmpty)
    }

    @Test func withoutTLSOnlyWhatHasNothingToDoWithItIsWatched() throws {
        let folder = try TemporaryFolder()
        let password = try folder.write("secret\n", to: "password")
        let settings = [
            "kafka.client.ssl.ca.location=/ca.pem", "kafka.client.ssl.key.password=file:\(password)",
            "kafka.client.sasl.password=file:\(password)",
        ]
        for more in [[], ["kafka.client.security.protocol=sasl_plaintext"]] {
            let files = try files(settings + more, isTLS: false)
            #expect(files.map(\.path) == [password], "\(more)")
            #expect(files.first?.uses.map(\.key) == ["kafka.client.sasl.password"], "\(more)")
        }
        let ofOneKind = try files(settings + ["kafka.producer.security.protocol=sasl_ssl"], isTLS: false)
        #expect(ofOneKind.map(\.path) == [password, "/ca.pem"])
    }

    @Test func aFileThatIsReadForSeveralThingsHasAllOfThem() throws {
        let files = try files([
            "kafka.client.ssl.ca.location=/all.pem", "kafka.client.ssl.certificate.location=/all.pem",
            "kafka.consumer.ssl.key.location=/all.pem",
        ])
        #expect(files.map(\.path) == ["/all.pem"])
        #expect(files.first?.uses.map(\.content) == [.authorities, .chain, .other])
    }

    /// librdkafka has the properties of all clients and those of one kind together.
    @Test func aKeystoreIsOpenedWithThePasswordOfItsClient() throws {
        let files = try files([
            "kafka.client.ssl.keystore.location=/node.p12", "kafka.consumer.ssl.keystore.password=c",
            "kafka.producer.ssl.keystore.password=p",
        ])
        let passwords = ["c", "p"].map { ProtectedText($0, isSecret: true) }
        #expect(
            files.first?.uses.map(\.content)
                == [.keystore(password: nil)] + passwords.map { .keystore(password: $0) })
    }

    @Test func whereAPathIsASecretTheKeyIsShown() throws {
        let folder = try TemporaryFolder()
        let place = try folder.write("/s4cret.pem\n", to: "place")
        let files = try files([
            "kafka.client.ssl.ca.location=${SECRET_PLACE}", "kafka.client.ssl.key.location=file:\(place)",
        ])
        #expect(files.map(\.path) == ["/s3cret.pem", place, "/s4cret.pem"])
        #expect(
            files.map(\.name) == ["kafka.client.ssl.ca.location", place, "kafka.client.ssl.key.location"])
    }

    // MARK: What is shown and said

    @Test(.enabled(if: TestAuthority.program != nil, "needs openssl"))
    func aChainAndRevocationListsExpireWithTheirFirstAndAFileOfCAsWithItsLast() throws {
        let authority = try TestAuthority()
        for days in [10, 30] { try authority.certificate("\(days).pem", days: days) }
        let both = authority.folder.read("10.pem") + authority.folder.read("30.pem")
        for name in ["chain.pem", "ca.pem", "inline.pem", "all.pem"] { try authority.folder.write(both, to: name) }
        try authority.keystore("node.p12", of: "10.pem", password: "p")
        func file(_ name: String) -> String { authority.folder.file(name) }
        var (watch, value, _) = try watch([
            "kafka.client.ssl.certificate.location=\(file("chain.pem"))",
            "kafka.client.ssl.ca.location=\(file("ca.pem"))",
            "kafka.client.ssl.crl.location=\(try authority.folder.write(TestCertificates.revocations, to: "crl.pem"))",
            "kafka.client.ssl.keystore.location=\(file("node.p12"))", "kafka.client.ssl.keystore.password=p",
            "kafka.client.ssl.certificate.pem=file:\(file("inline.pem"))",
            "kafka.consumer.ssl.ca.location=\(file("all.pem"))",
            "kafka.producer.ssl.certificate.location=\(file("all.pem"))",
        ])
        // What the configuration has read counts, whatever lies there now.
        try authority.folder.write("", to: "inline.pem")
        watch.look()
        let now = Double(time(nil))
        let expected = ["chain.pem": 10.0, "ca.pem": 30, "node.p12": 10, "inline.pem": 10, "all.pem": 10]
        for (name, expected) in expected {
            let left = try #require(days(from: now, to: value(Self.expiry, file(name))), "\(name)")
            #expect(abs(left - expected) < 0.1, "\(name): \(left)")
            #expect(value(Self.changed, file(name)) == 0)
        }
        #expect(value(Self.expiry, file("crl.pem")) == TestCertificates.revocationsDueAt.min().map(Double.init))
    }

    /// What the clients work with is what counts: the alert on it must not end because of a file that nobody has read.
    @Test(.enabled(if: TestAuthority.program != nil, "needs openssl"))
    func aRenewedCertificateIsToldOnceAndExpiresAsTheOldOneUntilTheClientsReadIt() throws {
        let authority = try TestAuthority()
        try authority.certificate("node.pem", days: 3)
        let file = authority.folder.file("node.pem")
        var (watch, value, log) = try watch(["kafka.client.ssl.certificate.location=\(file)"])
        func left() -> Double { days(from: Double(time(nil)), to: value(Self.expiry, file)) ?? 0 }
        watch.noteRead()
        watch.look()
        #expect(value(Self.changed, file) == 0 && log.all.isEmpty)
        try authority.certificate("node.pem", days: 90)
        for _ in 0..<3 { watch.look() }
        #expect(value(Self.changed, file) == 1 && left() < 4)
        #expect(log.all.count == 1, "\(log.all)")
        let line = try JSONValue.parse(Array((log.all.first ?? "").utf8))
        #expect(line["level"] == .string("warning") && line["file"] == .string(file))
        #expect(line["keys"] == .array([.string("kafka.client.ssl.certificate.location")]))
        try authority.certificate("node.pem", days: 60)
        for _ in 0..<2 { watch.look() }
        #expect(log.all.count == 2)
        watch.noteRead()
        for _ in 0..<2 { watch.look() }
        #expect(value(Self.changed, file) == 0 && left() > 50 && log.all.count == 2)
        unlink(file)
        for _ in 0..<2 { watch.look() }
        #expect(value(Self.changed, file) == 1)
        #expect(log.all.last?.contains("cannot be opened") == true, "\(log.all)")
    }

    @Test func whoAsksIsToldAtOnceAndEachTime() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("key 1", to: "node.key")
        var (watch, value, log) = try watch(["kafka.client.ssl.key.location=\(file)"])
        watch.noteRead()
        watch.look(isAsked: true)
        #expect(value(Self.changed, file) == 0 && log.all.isEmpty)
        try folder.write("key 2", to: "node.key")
        for count in 1...2 {
            watch.look(isAsked: true)
            #expect(value(Self.changed, file) == 1 && log.all.count == count)
        }
    }

    @Test func aFileThatIsBeingWrittenIsNoChange() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("key 1", to: "node.key")
        var (watch, value, log) = try watch(["kafka.client.ssl.key.location=\(file)"])
        watch.noteRead()
        for text in ["", "key", "key 1"] {
            try folder.write(text, to: "node.key")
            watch.look()
            #expect(value(Self.changed, file) == 0 && log.all.isEmpty, "\(text)")
        }
    }

    /// Whoever makes clients that stay reads the files after this; those before only ask whether the cluster is there.
    @Test func beforeClientsHaveBeenMadeAFileShowsWhatItHoldsNow() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("none", to: "node.pem")
        var (watch, value, log) = try watch(["kafka.client.ssl.certificate.location=\(file)"])
        for _ in 0..<2 { watch.look() }
        #expect(value(Self.expiry, file) == nil)
        try folder.write(TestCertificates.expired, to: "node.pem")
        for _ in 0..<2 { watch.look() }
        #expect(value(Self.expiry, file) == Double(TestCertificates.expiredAt) && value(Self.changed, file) == 0)
        #expect(log.all.isEmpty)
    }

    /// It was read with the configuration, which clients that are made later do not read again.
    @Test func aSecretOfTheConfigurationIsAsOldAsThat() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secret-1\n", to: "password")
        var (watch, value, log) = try watch(["kafka.client.sasl.password=file:\(file)"])
        // Before anybody has looked.
        try folder.write("secret-2\n", to: "password")
        watch.noteRead()
        watch.look()
        #expect(value(Self.changed, file) == 1 && value(Self.expiry, file) == nil)
        #expect(log.all.count == 1 && !log.all.contains { $0.contains("secret-") }, "\(log.all)")
        for text in ["secret-1\n", "secret-1"] {
            try folder.write(text, to: "password")
            for _ in 0..<2 { watch.look() }
            #expect(value(Self.changed, file) == 0)
        }
    }

    @Test func whatIsNoCertificateHasNoExpiryAndIsSaidToBeNone() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("no certificate", to: "ca.pem")
        var (watch, value, log) = try watch([
            "kafka.client.ssl.ca.location=\(file)", "kafka.client.ssl.certificate.location=/no/such.pem",
            "kafka.client.ssl.crl.location=\(folder.path)",
        ])
        watch.look()
        watch.noteRead()
        watch.look()
        #expect(value(Self.expiry, file) == nil && value(Self.changed, file) == 0)
        let words = ["it has no certificate in PEM", "cannot be opened", "is a directory"]
        #expect(log.all.count == words.count, "\(log.all)")
        for word in words {
            #expect(log.all.contains { $0.contains(word) && $0.contains("warning") }, "\(word): \(log.all)")
        }
    }

    // MARK: In a node

    /// Made before a disk that does not answer is asked for anything.
    @Test func whoNotesClientsReadsNoFile() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(TestCertificates.expired, to: "node.pem")
        let registry = MetricRegistry(strategies: [])
        let watch = try DataWatch(
            root: folder.path, credentials: files(["kafka.client.ssl.certificate.location=\(file)"]),
            intervalMs: 60_000, metrics: NodeMetrics(registry: registry, topic: "t"),
            heartbeats: Heartbeats(), log: Log(minimum: .info, format: .json) { _ in })
        func shown() -> String { String(decoding: registry.exposition(.text), as: UTF8.self) }
        watch.noteClients()
        #expect(!shown().contains(Self.expiry + "{"))
        let thread = try PermanentThread(name: "data", watch.run)
        try eventually("the data thread has read it") { shown().contains(Self.expiry + "{") }
        watch.stop()
        thread.join()
    }

    private func value(_ metric: String, of node: TestNode) throws -> Double? {
        try HTTPGet.text(node, "/metrics").split(separator: "\n").first { $0.hasPrefix(metric + "{") }?
            .split(separator: " ").last.flatMap { Double($0) }
    }

    /// That may be why no broker takes it.
    @Test func aNodeThatWaitsForItsBrokersShowsWhenItsCertificatesExpire() async throws {
        try await onOwnThread {
            let folder = try TemporaryFolder()
            let file = try folder.write(TestCertificates.expired, to: "ca.pem")
            let node = try TestNode(settings: [
                "kafka.bootstrapServers=127.0.0.1:1", "kafka.groupId=g", "metrics.http=127.0.0.1:0",
                "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "kafka.client.security.protocol=ssl",
                "kafka.client.ssl.ca.location=\(file)",
            ])
            try eventually("an expiry in the past is shown") {
                try value(Self.expiry, of: node) == Double(TestCertificates.expiredAt)
            }
            #expect(try node.stop() == 0)
        }
    }

    /// Each minute by itself, and at once when it is told to read its configuration again.
    @Test(arguments: [false, true]) func aNodeShowsThatASecretHasChanged(isTold: Bool) async throws {
        try await onOwnThread {
            let folder = try TemporaryFolder()
            let file = try folder.write("secret-1\n", to: "password")
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
                    "kafka.client.sasl.password=file:\(file)",
                ], tune: { $0.filesIntervalMs = isTold ? 3_600_000 : 50 })
            try kafka.submit([request("a")])
            _ = try kafka.results(1)
            try eventually("it has been looked at") { try value(Self.changed, of: node) == 0 }
            try folder.write("secret-2\n", to: "password")
            if isTold { node.node.reload(try OptimizerConfiguration.load(file: nil, environment: [:], settings: [])) }
            try eventually("the file has changed") { try value(Self.changed, of: node) == 1 }
            try eventually("it is logged") {
                node.log.all.contains { $0.contains("a file has changed") && $0.contains("sasl.password") }
            }
            #expect(try node.stop() == 0)
        }
    }
}
