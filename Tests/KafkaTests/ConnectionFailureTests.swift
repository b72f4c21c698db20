import Testing

@testable import Kafka

/// Texts as librdkafka 2.0.2 gave them, with a real Kafka 3.6 and with TLS servers of OpenSSL 3.
@Suite struct ConnectionFailureTests {
    @Test(arguments: [
        (
            "Failed to resolve 'nosuch.invalid:9092': Name or service not known (after 0ms in state CONNECT)",
            "not known to DNS"
        ),
        ("Connect to ipv4#127.0.0.1:24009 failed: Connection refused (after 0ms in state CONNECT)", "nothing listens"),
        (
            "Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration "
                + "(connecting to a SSL listener?) or broker version is < 0.10 (see api.version.request) "
                + "(after 70ms in state APIVERSION_QUERY)", "seems to speak TLS"
        ),
        (
            "SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading "
                + "(after 13ms in state SSL_HANDSHAKE)", "seems to speak no TLS"
        ),
        (
            "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener? "
                + "(after 1ms in state SSL_HANDSHAKE)", "seems to speak no TLS"
        ),
        (
            "Disconnected: verify that security.protocol is correctly configured, broker might require SASL "
                + "authentication (after 341ms in state UP)", "seems to want a login"
        ),
        (
            "Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116 "
                + "(after 58ms in state APIVERSION_QUERY)", "set ssl.certificate.location"
        ),
        (
            "SSL handshake failed: error:0A000410:SSL routines::sslv3 alert handshake failure: SSL alert number 40 "
                + "(after 3ms in state SSL_HANDSHAKE)", "set ssl.certificate.location"
        ),
        (
            "Receive failed: error:0A000415:SSL routines::sslv3 alert certificate expired: SSL alert number 45 "
                + "(after 0ms in state APIVERSION_QUERY)", "renew this node's own certificate"
        ),
        (
            "Receive failed: error:0A000416:SSL routines::sslv3 alert certificate unknown: SSL alert number 46 "
                + "(after 5ms in state APIVERSION_QUERY)", "does not take this node's certificate"
        ),
    ])
    func aLostConnectionHasTheRemedyOfItsText(_ text: String, _ remedy: String) {
        #expect(explained(-195, text).remedy?.contains(remedy) == true)
    }

    @Test(arguments: [
        (
            -169,
            "SASL authentication error: Authentication failed: Invalid username or password "
                + "(after 307ms in state AUTH_REQ)", "refuses this login"
        ),
        (
            -169,
            "SASL authentication error: Authentication failed during authentication due to invalid credentials with "
                + "SASL mechanism SCRAM-SHA-512 (after 444ms in state AUTH_REQ)", "refuses this login"
        ),
        (
            -169,
            "SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL state: broker's "
                + "supported mechanisms:  (after 1ms in state AUTH_HANDSHAKE)", "takes no login"
        ),
        (
            -169,
            "SASL OAUTHBEARER mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported "
                + "mechanisms: PLAIN,SCRAM-SHA-512 (after 301ms in state AUTH_HANDSHAKE)", "set sasl.mechanisms"
        ),
        (
            -181,
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could "
                + "not be verified, verify that ssl.ca.location is correctly configured or root CA certificates are "
                + "installed (install ca-certificates package) (after 64ms in state SSL_HANDSHAKE)",
            "check its CA (ssl.ca.location"
        ),
    ])
    func aRefusedHandshakeHasTheRemedyOfItsText(_ code: Int, _ text: String, _ remedy: String) {
        #expect(explained(Int32(code), text).remedy?.contains(remedy) == true)
    }

    @Test func onlyAMechanismThatABrokerDoesNotOfferIsWrongWhateverComes() {
        #expect(
            explained(-169, "SASL X mechanism handshake failed: Broker: Unsupported SASL mechanism: …").isWrongMechanism
        )
        #expect(!explained(-169, "SASL authentication error: Authentication failed").isWrongMechanism)
    }

    /// librdkafka's words are the same for a wrong CA, a wrong name and an old certificate.
    @Test(arguments: [
        (62, "is for another host name", "use the names that the brokers' certificates are for"),
        (64, "is for another address", "use the names that the brokers' certificates are for"),
        (10, "has expired", "renew the broker's certificate"),
        (9, "is not valid yet", "clock"),
        (20, "is signed by a CA that is not known here", "set ssl.ca.location"),
        (7, "is not taken (X.509 error 7)", "check security.protocol"),
    ])
    func whyACertificateIsNotTakenIsSaid(_ code: Int, _ words: String, _ remedy: String) {
        var failures = BrokerFailures()
        failures.note(
            LogLine(
                level: 3, facility: "SSLCERTVRFY",
                message: "[thrd:ssl://localhost:24002/bootstrap]: ssl://localhost:24002/bootstrap: Certificate "
                    + "(subject=/CN=other.example, issuer=/CN=Test CA) verification callback failed: X.509 error \(code)"
            ))
        failures.note(
            KafkaFailure.known(-181).saying(
                "ssl://localhost:24002/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify "
                    + "failed: broker certificate could not be verified (after 2ms in state SSL_HANDSHAKE)"))
        let failure = failures.explain(.known(-185))
        #expect(failure.reason == "localhost:24002: its certificate /CN=other.example \(words)")
        #expect(failure.remedy?.contains(remedy) == true)
    }

    @Test func whatEachBrokerSaidLastIsKept() {
        var failures = BrokerFailures()
        let plain = KafkaFailure.known(-195)
        failures.note(plain.saying("a:9092/bootstrap: Connect to ipv4#1.2.3.4:9092 failed: Connection timed out"))
        failures.note(plain.saying("a:9092/1: Connect failed: Connection refused (after 0ms in state CONNECT)"))
        failures.note(plain.saying("b:9093/2: Connect failed: Connection refused (after 7ms in state CONNECT, 1 more)"))
        failures.note(KafkaFailure.known(-169).saying("sasl_ssl://c:9094/3: SASL authentication error: no"))
        failures.note(KafkaFailure.known(-187).saying("3/3 brokers are down"))
        let failure = failures.explain(.known(-185))
        #expect(
            failure.reason
                == "c:9094: SASL authentication error: no; a:9092, b:9093: Connect failed: Connection refused")
        #expect(failure.kind == .handshake)
        #expect(failures.explain(.known(29)) == .known(29))
        #expect(BrokerFailures().explain(.known(-185)) == .known(-185))
    }

    private func explained(_ code: Int32, _ text: String) -> KafkaFailure {
        var failures = BrokerFailures()
        failures.note(KafkaFailure.known(code).saying("ssl://localhost:24001/bootstrap: \(text)"))
        return failures.explain(.known(-185))
    }
}

extension KafkaFailure {
    fileprivate func saying(_ reason: String) -> KafkaFailure {
        KafkaFailure(code: code, name: name, reason: reason, kind: kind)
    }
}
