import Certificates
import Configuration

/// A file that certificates, keys or secrets of the Kafka clients are read from, with all that it is read for.
struct CredentialFile: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// A certificate and what it was signed with: it holds as long as all of them.
        case chain
        /// CAs: connections can be checked as long as one of them holds.
        case authorities
        /// Lists of what is revoked: each may be the one that a connection is checked by.
        case revocations
        /// As a chain, in PKCS #12.
        case keystore(password: ProtectedText?)
        /// Nothing that expires.
        case other
    }

    struct Use: Equatable, Sendable {
        /// `kafka.client.ssl.ca.location`
        let key: String
        let content: Content
        /// What the configuration has read there (`file:/path`); nil where clients read it, when they are made.
        let text: ProtectedText?
    }

    let path: String
    /// As it may be shown: its path, or the key that names it by a secret.
    private(set) var name: String
    private(set) var uses: [Use]

    static let mostBytes = 1 << 20

    /// Whether clients read it themselves.
    var isReadByClients: Bool { uses.contains { $0.text == nil } }

    /// Whether the configuration has read it.
    var isReadByConfiguration: Bool { uses.contains { $0.text != nil } }

    /// Whether a file with these bytes is what the configuration has read of it.
    func isAsConfigured(_ bytes: [UInt8]) -> Bool { uses.allSatisfy { $0.text?.isHeld(by: bytes) ?? true } }

    /// The files that the properties of the clients name, each once.
    static func all(in kafka: OptimizerConfiguration.Kafka) -> [CredentialFile] {
        var files: [CredentialFile] = []
        for (section, own) in [("client", kafka.client), ("consumer", kafka.consumer), ("producer", kafka.producer)] {
            for file in EffectiveProperties(shared: kafka.client, own: own, section: section).files {
                if let index = files.firstIndex(where: { $0.path == file.path }) {
                    files[index].add(file)
                } else {
                    files.append(file)
                }
            }
        }
        return files
    }

    private mutating func add(_ other: CredentialFile) {
        if other.name == path { name = path }
        uses += other.uses.filter { !uses.contains($0) }
    }
}

extension CredentialFile.Use {
    /// When what it holds is of no use any more, in seconds since 1970; nil where that never comes.
    ///
    /// - Parameter bytes: of the file, now.
    /// - Throws: that there is no certificate in it, or what is wrong with one.
    func expiry(of bytes: [UInt8]) throws(CertificateProblem) -> Int64? {
        let bytes = text.map { Array($0.exposed.utf8) } ?? bytes
        return switch content {
        case .chain: try CertificateFile.expiries(pem: bytes).min()
        case .authorities: try CertificateFile.expiries(pem: bytes).max()
        case .revocations: try CertificateFile.expiries(revocations: bytes).min()
        case .keystore(let password):
            try CertificateFile.expiries(pkcs12: bytes, password: password?.exposed ?? "").min()
        case .other: nil
        }
    }
}

/// Properties of one kind of client: its own, and of all clients those that it has not.
private struct EffectiveProperties {
    let shared: KafkaProperties
    let own: KafkaProperties
    let section: String

    private func value(_ name: String) -> ProtectedText? { own[name] ?? shared[name] }

    /// What it says of certificates counts for nothing without.
    private var isTLS: Bool { value("security.protocol")?.exposed.lowercased().hasSuffix("ssl") ?? false }

    var files: [CredentialFile] {
        Set(shared.names + own.names).sorted().filter { isTLS || !$0.hasPrefix("ssl.") }.flatMap(files)
    }

    private func files(_ name: String) -> [CredentialFile] {
        guard let value = value(name) else { return [] }
        let key = "kafka.\(own[name] == nil ? "client" : section).\(name)"
        func file(_ path: String, _ shown: String, _ content: CredentialFile.Content, _ text: ProtectedText? = nil)
            -> CredentialFile
        {
            CredentialFile(path: path, name: shown, uses: [.init(key: key, content: content, text: text)])
        }
        // A file that holds the path of another is a secret like any other.
        let isLocation = Self.locations.contains(name)
        let read = value.file.map { file($0, $0, isLocation ? .other : content(name), value) }
        // Where it says to probe librdkafka looks for them itself.
        let named =
            isLocation && value.exposed != "probe"
            ? file(value.exposed, value.isSecret ? key : value.exposed, content(name)) : nil
        return [read, named].compactMap(\.self)
    }

    private static let locations: Set = [
        "ssl.certificate.location", "ssl.ca.location", "https.ca.location", "ssl.keystore.location", "ssl.key.location",
        "ssl.crl.location",
    ]

    private func content(_ name: String) -> CredentialFile.Content {
        switch name {
        case "ssl.certificate.location", "ssl.certificate.pem": .chain
        case "ssl.ca.location", "ssl.ca.pem", "https.ca.location", "https.ca.pem": .authorities
        case "ssl.keystore.location": .keystore(password: value("ssl.keystore.password"))
        case "ssl.crl.location": .revocations
        default: .other
        }
    }
}
