import TestSupport
import Testing

@testable import Configuration

struct SecretTests {
    private let secret = "hunter2-Zq9"

    @Test(arguments: [
        "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.jaas.config",
        "sasl.oauthbearer.config", "sasl.oauthbearer.client.secret", "my.API.Token",
    ])
    func aSecretIsInNoRenderingOfTheConfiguration(name: String) throws {
        let read = try configuration(settings: ["kafka.client.\(name)=\(secret)"])
        #expect(read.kafka.client[name]?.exposed == secret)
        expectHidden(read)
        #expect(read.redacted.contains { $0.key == "kafka.client" && $0.value == "{ \(name): (hidden) }" })
    }

    @Test func whatIsNoSecretIsShown() throws {
        let read = try configuration(settings: ["kafka.client.linger.ms=5"])
        #expect(read.redacted.contains { $0.key == "kafka.client" && $0.value == "{ linger.ms: 5 }" })
    }

    @Test func whatComesFromAVariableIsASecretWhateverItsName() throws {
        let read = try configuration("kafka: { client: { client.rack: 'a ${RACK} b' } }", environment: ["RACK": secret])
        #expect(read.kafka.client["client.rack"]?.exposed == "a \(secret) b")
        expectHidden(read)
    }

    @Test func whatComesFromAFileIsASecretAndLosesItsLineBreak() throws {
        let directory = try TemporaryFolder()
        let file = try directory.write(secret + "\n", to: "secret")
        let read = try configuration(
            "kafka: { producer: { client.rack: 'file:\(file)' } }", environment: ["OPTIMIZER_KAFKA_CLIENT_SSL_CA": "x"],
            settings: ["kafka.client.sasl.username=file:\(file)"])
        #expect(read.kafka.producer["client.rack"]?.exposed == secret)
        #expect(read.kafka.client["sasl.username"]?.exposed == secret)
        expectHidden(read)
    }

    @Test func aSecretIsTheSameWhicheverFileItIsReadFrom() throws {
        let directory = try TemporaryFolder()
        let read = try ["a", "b"].map { name in
            let file = try directory.write(secret + "\n", to: name)
            return try configuration(settings: ["kafka.client.sasl.password=file:\(file)"]).kafka
        }
        #expect(read[0] == read[1] && read[0].client.hashValue == read[1].client.hashValue)
        #expect(read.map { $0.client["sasl.password"]?.file } == [directory.file("a"), directory.file("b")])
    }

    @Test func aPrivateKeyAndAnAddressWithAPasswordAreHiddenWhateverTheirName() throws {
        let settings = [
            "kafka.client.a=-----BEGIN PRIVATE KEY-----\(secret)", "kafka.client.b=http://me:\(secret)@proxy",
        ]
        expectHidden(try configuration(settings: settings))
    }

    @Test func aVariableOfTheEnvironmentIsTakenAsItIs() throws {
        let read = try configuration(environment: ["OPTIMIZER_KAFKA_CLIENT_SASL_PASSWORD": "a${b$${"])
        #expect(read.kafka.client["sasl.password"]?.exposed == "a${b$${")
    }

    @Test func whatWasPutInIsNotExpandedAgain() throws {
        let read = try configuration(
            "kafka: { client: { sasl.password: '${A}$${B}' } }", environment: ["A": "${B}", "B": "no"])
        #expect(read.kafka.client["sasl.password"]?.exposed == "${B}${B}")
    }

    @Test func otherKeysTakeVariablesToo() throws {
        let yaml = "kafka: { bootstrapServers: '${HOST}:9092' }\nlimits: { memoryMB: \"${MB}\" }\n"
        let read = try configuration(yaml, environment: ["HOST": "broker", "MB": "64"])
        #expect(read.kafka.bootstrapServers == "broker:9092" && read.limits.memoryMB == 64)
    }

    @Test(arguments: [
        ("${NOT_SET}", "needs the environment variable NOT_SET, which is not set"),
        ("a${", "has a ${ without its }; write $${ for the two characters themselves"),
        ("${}", "has a ${…} that names no environment variable"),
        ("${a b}", "has a ${…} that names no environment variable"),
        ("file:relative", "names a file without its whole path; write file:/path"),
        ("file:/nonexistent/x", "names /nonexistent/x, which cannot be opened: No such file or directory"),
        ("file:/", "names /, which is a directory, not a file"),
        ("file:/dev/zero", "names /dev/zero, which is not a regular file"),
    ])
    func whatCannotBeResolvedIsNamed(value: String, reason: String) {
        #expect(
            problems("kafka: { client: { sasl.password: '\(value)' } }") == [
                "test.yml:1:35: kafka.client.sasl.password \(reason)"
            ])
    }

    @Test func whatCannotBeResolvedDoesNotMatterOnceItIsReplaced() throws {
        let yaml = "kafka: { client: { sasl.password: '${NOT_SET}' }, groupId: '${NOT_SET}' }"
        let settings = ["kafka.client.sasl.password=x", "kafka.groupId=g"]
        #expect(try configuration(yaml, settings: settings).kafka.groupId == "g")
    }

    @Test func noProblemAndNoWarningShowsASecret() throws {
        let yaml = """
            kafka:
              client:
                sasl.password: [\(secret)]
                sasl.password.x y: \(secret)
                transactional.id: \(secret)
              sasl.password: \(secret)
              groupId: "${SECRET}\\x01"
            limits: { memoryMB: "${SECRET}" }
            sasl.password: "\(secret)"
            """
        let found = problems(
            yaml, environment: ["SECRET": secret, "OPTIMIZER_KAFKA_GROUPID": secret],
            settings: [
                "kafka.client.sasl.password \(secret)", "kafka.client.sasl.password:\(secret)",
                "sasl.password=\(secret)",
                "kafka.client.sasl.password=file:\(secret)", "kafka.client.acks=\(secret)",
            ])
        #expect(found.count == 13)
        let warnings = try configuration(environment: ["OPTIMIZER_SASL_PASSWORD": secret]).warnings.map(\.description)
        #expect(warnings.count == 1)
        for words in found + warnings { #expect(!words.contains(secret)) }
    }

    private func expectHidden(_ read: OptimizerConfiguration) {
        var dumped = ""
        dump(read, to: &dumped)
        dump(read.kafka, to: &dumped)
        dump(read.kafka.client, to: &dumped)
        for name in read.kafka.client.names { dump(read.kafka.client[name], to: &dumped) }
        let renderings = [
            "\(read)", String(reflecting: read), dumped, "\(read.kafka)", String(reflecting: read.kafka),
            String(reflecting: read.kafka.client), read.redacted.map(\.value).joined(),
        ]
        for rendering in renderings { #expect(!rendering.contains(secret)) }
    }
}
