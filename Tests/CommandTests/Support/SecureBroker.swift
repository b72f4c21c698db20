import Glibc
import Kafka
import TestSupport
import Testing

/// An Apache Kafka of the tests' own, started from the directory that `KAFKA_HOME` names (its `libs` hold the jars), with a
/// listener for each way in.
///
/// Safety: everything is written in `init` and `close`, which the suite's scope calls before and after its tests.
final class SecureBroker: @unchecked Sendable {
    /// A listener, and what its certificate is like.
    enum Listener: String, CaseIterable {
        case plain, tls, mutual, password, expired, elsewhere

        /// As Kafka has it where its own settings are not meant.
        var name: String { rawValue.uppercased() }
    }

    static let home = getenv("KAFKA_HOME").map { String(cString: $0) }
    static let user = (name: "optimizer", password: "right")

    @TaskLocal static var shared: SecureBroker?

    let authority: TestAuthority
    private let process: pid_t
    private let ports: [Listener: UInt16]

    init(home: String) throws {
        try MachineTurn.require()
        authority = try Self.certificates()
        var ports: [Listener: UInt16] = [:]
        for listener in Listener.allCases { ports[listener] = try FreePort.find() }
        self.ports = ports
        let folder = authority.folder
        let settings = try folder.write(
            Self.settings(ports, controller: try FreePort.find(), folder), to: "server.properties")
        func java(_ words: String...) -> [String] { ["-Xmx384m", "-cp", "\(home)/libs/*"] + words }
        guard let program = CommandLineTool.find("java") else { throw Failure("there is no java") }
        let formatted = try CommandLineTool.run(
            program,
            java(
                "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", settings, "--add-scram",
                "SCRAM-SHA-512=[name=\(Self.user.name),password=\(Self.user.password)]"))
        guard formatted.status == 0 else { throw Failure("no storage for a broker: \(formatted.output)") }
        process = try CommandLineTool.spawn(
            program, java("kafka.Kafka", settings), input: "/dev/null", output: folder.file("broker"))
        do {
            try eventually("the broker answers") {
                guard let admin = try? AdminClient(.admin(bootstrap: address(.plain))) else { return false }
                defer { admin.close() }
                return (try? admin.brokers(timeoutMs: 1000)) != nil
            } explaining: {
                folder.text("broker")
            }
        } catch {
            close()
            throw error
        }
    }

    func address(_ listener: Listener) -> String { "localhost:\(ports[listener] ?? 0)" }

    func close() {
        kill(process, SIGKILL)
        while waitpid(process, nil, 0) < 0, errno == EINTR {}
    }

    /// One authority that everybody trusts, and another that nobody does.
    private static func certificates() throws -> TestAuthority {
        let authority = try TestAuthority()
        for name in ["ca.pem", "other-ca.pem"] { try authority.certificate(name, days: 90) }
        let here = ["localhost"]
        try authority.certificate("broker.pem", of: here, signedBy: "ca.pem", days: 30)
        try authority.certificate("expired.pem", of: here, signedBy: "ca.pem", days: 0)
        try authority.certificate("elsewhere.pem", of: ["kafka-7.example"], signedBy: "ca.pem", days: 30)
        try authority.certificate("node.pem", of: here, signedBy: "ca.pem", days: 20)
        try authority.certificate("renewed.pem", of: here, signedBy: "ca.pem", days: 60)
        try authority.certificate("unknown.pem", of: here, signedBy: "other-ca.pem", days: 20)
        // As Kafka takes them: the key, and what is of it.
        for name in ["broker", "expired", "elsewhere"] {
            try authority.folder.write(
                authority.folder.read("key.pem") + authority.folder.read("\(name).pem"), to: "\(name).store")
        }
        return authority
    }

    private static func settings(_ ports: [Listener: UInt16], controller: UInt16, _ folder: TemporaryFolder) -> String {
        func list(_ what: (Listener) -> String) -> String { Listener.allCases.map(what).joined(separator: ",") }
        func address(_ listener: Listener) -> String { "\(listener.name)://localhost:\(ports[listener] ?? 0)" }
        func protection(_ listener: Listener) -> String {
            switch listener {
            case .plain: "PLAINTEXT"
            case .password: "SASL_SSL"
            case .tls, .mutual, .expired, .elsewhere: "SSL"
            }
        }
        let plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return """
            process.roles=broker,controller
            node.id=1
            controller.quorum.voters=1@localhost:\(controller)
            controller.listener.names=CONTROLLER
            listeners=CONTROLLER://localhost:\(controller),\(list(address))
            advertised.listeners=\(list(address))
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,\(list { "\($0.name):\(protection($0))" })
            inter.broker.listener.name=PLAIN
            log.dirs=\(folder.file("log"))
            offsets.topic.num.partitions=3
            offsets.topic.replication.factor=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            group.initial.rebalance.delay.ms=0
            auto.create.topics.enable=false
            ssl.keystore.type=PEM
            ssl.keystore.location=\(folder.file("broker.store"))
            ssl.truststore.type=PEM
            ssl.truststore.location=\(folder.file("ca.pem"))
            listener.name.expired.ssl.keystore.location=\(folder.file("expired.store"))
            listener.name.elsewhere.ssl.keystore.location=\(folder.file("elsewhere.store"))
            listener.name.mutual.ssl.client.auth=required
            listener.name.password.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
            listener.name.password.plain.sasl.jaas.config=\(plain) user_\(user.name)="\(user.password)";
            listener.name.password.scram-sha-512.sasl.jaas.config=\(scram)

            """
    }
}

/// One broker for all tests of a suite.
struct WithSecureBroker: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard let home = SecureBroker.home else { return }
        try await MachineTurn.take(.nodes(2)) {
            let broker = try SecureBroker(home: home)
            defer { broker.close() }
            try await SecureBroker.$shared.withValue(broker) { try await function() }
        }
    }
}

extension Trait where Self == WithSecureBroker {
    static var secureBroker: WithSecureBroker { WithSecureBroker() }
}
