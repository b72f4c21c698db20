/// Whether the value of this librdkafka property must never be shown.
///
/// Rather too many than too few: a hidden harmless value costs a look into the file, a shown secret costs the secret.
func isSecretProperty(_ name: String, value: String) -> Bool {
    let name = name.lowercased()
    return secretMarks.contains { name.contains($0) } || value.contains("PRIVATE KEY")
        // A user and perhaps a password inside an address.
        || value.contains("://") && value.contains("@")
}

private let secretMarks = [
    "password", "passphrase", "passwd", "secret", "token", "credential", "api.key", "key.pem", "ssl_key", "private.key",
    "sasl.jaas", "sasl.oauthbearer.config", "sasl.oauthbearer.extensions", "sasl.kerberos.kinit.cmd",
]
