extension KafkaFailure {
    /// What the person who runs this can do, where there is something.
    package var remedy: String? {
        switch kind {
        case .handshake:
            connectionRemedy ?? "check security.protocol, sasl.* and ssl.* under kafka.client"
        case .authorization:
            "grant this principal read on the requests topic and the group, and write on the other three topics"
        case .missing: "create the topics with `optimizer topics create`"
        case .fenced where name != "FENCED_INSTANCE_ID":
            "another node has the same node.id (or kafka.groupInstanceId): give every node its own"
        case .fenced: "another client uses the same group.instance.id: give every node its own"
        // UNRELEASED_INSTANCE_ID, which librdkafka 2.0.2 has no name for.
        case .fatal where code == 111:
            "the session of this static member's last run has not ended: start the node again when it has (the group's "
                + "consumer.session.timeout.ms), and give every node a kafka.groupInstanceId of its own"
        case .fatal where ["UNSUPPORTED_VERSION", "_UNSUPPORTED_FEATURE"].contains(name):
            "the brokers are too old for this: kafka.groupProtocol: consumer needs Apache Kafka 4.0, classic does not"
        case .fatal: "start the node again"
        case .tooLarge: "raise max.message.bytes of the topic and message.max.bytes under kafka.producer"
        case .configuration where name == "INCONSISTENT_GROUP_PROTOCOL":
            "the group has members that share partitions in another way: nodes of another librdkafka (assignor of "
                + "`optimizer version --json`), or another program; stop them all and start these again, or give these a "
                + "kafka.groupId of their own"
        case .configuration: "correct the property in the configuration"
        case .transient:
            connectionRemedy
                ?? (["_ALL_BROKERS_DOWN", "_RESOLVE", "_TRANSPORT"].contains(name)
                    ? "check kafka.bootstrapServers and that the brokers can be reached" : nil)
        case .membership, .exists, .queueFull, .dropped, .permanent: nil
        }
    }

    /// Whether a broker says that what this client is configured with is not to be had there at all.
    package var isWrongMechanism: Bool { kind == .handshake && reason.contains("Unsupported SASL mechanism") }

    /// For a connection that does not come about: by librdkafka's words, which tell more than its code.
    private var connectionRemedy: String? {
        Self.connectionRemedies.first { entry in entry.words.contains { reason.contains($0) } }?.remedy
    }

    /// The first that occurs counts: a specific one stands before one that may mean several things.
    private static let connectionRemedies: [(words: [String], remedy: String)] = [
        (
            ["another host name", "another address"],
            "use the names that the brokers' certificates are for, in kafka.bootstrapServers and in the brokers' "
                + "advertised.listeners"
        ),
        (["certificate has expired", "has expired"], "renew the broker's certificate; check this machine's clock"),
        (["is not valid yet"], "check this machine's clock and the broker's certificate"),
        (
            ["CA that is not known here"],
            "set ssl.ca.location under kafka.client to the CA that signed the brokers' certificates"
        ),
        (
            ["certificate verify failed"],
            "the broker's certificate is not taken: check its CA (ssl.ca.location under kafka.client), its dates and "
                + "that it is for the name in kafka.bootstrapServers"
        ),
        (
            ["alert certificate expired"],
            "renew this node's own certificate (ssl.certificate.location under kafka.client)"
        ),
        (
            ["alert certificate required", "alert handshake failure"],
            "the broker wants a certificate of this node's: set ssl.certificate.location and ssl.key.location under "
                + "kafka.client"
        ),
        (
            ["alert bad certificate", "alert certificate unknown", "alert unknown ca", "alert certificate revoked"],
            "the broker does not take this node's certificate: check that ssl.certificate.location under kafka.client "
                + "is set, in date, and signed by a CA that the broker trusts"
        ),
        (
            ["connecting to a SSL listener?"],
            "this port seems to speak TLS: set security.protocol to ssl or sasl_ssl under kafka.client, or use the "
                + "port of the plaintext listener"
        ),
        (
            ["connecting to a PLAINTEXT broker listener?", "unexpected eof while reading", "wrong version number"],
            "this port seems to speak no TLS: set security.protocol to plaintext or sasl_plaintext under kafka.client, "
                + "or use the port of the TLS listener"
        ),
        (
            ["broker might require SASL authentication"],
            "this port seems to want a login: set security.protocol to sasl_ssl or sasl_plaintext, sasl.mechanisms, "
                + "sasl.username and sasl.password under kafka.client"
        ),
        (
            ["not valid in current SASL state"],
            "this port takes no login: set security.protocol to ssl or plaintext under kafka.client, or use the port "
                + "of the SASL listener"
        ),
        (
            ["Unsupported SASL mechanism"],
            "set sasl.mechanisms under kafka.client to one that the broker offers"
        ),
        (
            ["uthentication failed", "uthentication error"],
            "the broker refuses this login: check sasl.username and sasl.password under kafka.client"
        ),
        (
            ["Failed to resolve", "Host resolution failure"],
            "this name is not known to DNS here: check kafka.bootstrapServers and the brokers' advertised.listeners"
        ),
        (
            ["Connection refused"],
            "nothing listens there: check kafka.bootstrapServers and that the broker runs"
        ),
    ]
}
