import Certificates
import Configuration

/// A file that a certificate, a key or a secret of the Kafka clients is read from, once.
struct CredentialFile: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// A certificate and what it was signed with: it holds as long as all of them.
        case chain
        /// CAs: connections can be checked as long as one of them holds.
        case authorities
        /// As a chain, in PKCS #12.
        case keystore(password: ProtectedText?)
        /// Nothing that expires.
        case key
        /// The same, which the node has read with its configuration: `file:/path`.
        case secret
    }

    let path: String
    /// `kafka.client.ssl.ca.location`
    let key: String
    let content: Content

    static let mostBytes = 1 << 20

    var hasCertificates: Bool { content != .key && content != .secret }

    /// The files that the clients' properties name, each once.
    static func all(in kafka: OptimizerConfiguration.Kafka) -> [CredentialFile] {
        var files: [CredentialFile] = []
        for (section, properties) in [
            ("client", kafka.client), ("consumer", kafka.consumer), ("producer", kafka.producer),
        ] {
            for name in properties.names {
                guard let value = properties[name],
                    let file = Self(value, name, properties, key: "kafka.\(section).\(name)")
                else { continue }
                if !files.contains(where: { $0.path == file.path }) { files.append(file) }
            }
        }
        return files
    }

    /// - Returns: nil where the property names no file.
    private init?(_ value: ProtectedText, _ name: String, _ properties: KafkaProperties, key: String) {
        self.key = key
        if let file = value.file {
            (path, content) = (file, .secret)
            return
        }
        path = value.exposed
        switch name {
        case "ssl.certificate.location": content = .chain
        // librdkafka looks for them itself.
        case "ssl.ca.location" where path == "probe": return nil
        case "ssl.ca.location", "https.ca.location": content = .authorities
        case "ssl.keystore.location":
            content = .keystore(password: properties["ssl.keystore.password"])
        case "ssl.key.location", "ssl.crl.location": content = .key
        default: return nil
        }
    }

    /// When what it holds is of no use any more, in seconds since 1970; nil where that never comes.
    ///
    /// - Throws: that there is no certificate in these bytes, or what is wrong with one.
    func expiry(of bytes: [UInt8]) throws(CertificateProblem) -> Int64? {
        switch content {
        case .chain: try CertificateFile.expiries(pem: bytes).min()
        case .authorities: try CertificateFile.expiries(pem: bytes).max()
        case .keystore(let password):
            try CertificateFile.expiries(pkcs12: bytes, password: password?.exposed ?? "").min()
        case .key, .secret: nil
        }
    }
}
