/// The last failure of each broker's connection, by the texts of librdkafka's events.
///
/// A call that fails with `_TIMED_OUT` or `_TRANSPORT` says little: why no broker answered is told here.
struct BrokerFailures {
    private var failures: [String: KafkaFailure] = [:]
    private var certificates: [String: String] = [:]

    /// Notes what an error event told; what names no broker ("3/3 brokers are down") is left out.
    mutating func note(_ failure: KafkaFailure) {
        guard let text = BrokerText(failure.reason) else { return }
        var reason = text.reason
        if let certificate = certificates[text.broker], reason.contains("certificate verify failed") {
            reason = certificate
        }
        failures[text.broker] = KafkaFailure(
            code: failure.code, name: failure.name, reason: reason, kind: failure.kind)
    }

    /// Notes why a broker's certificate was not taken, where a line of the log tells that.
    mutating func note(_ line: LogLine) {
        guard line.facility == "SSLCERTVRFY", let text = BrokerText(line.message) else { return }
        certificates[text.broker] = CertificateRefusal(text.reason)?.description ?? text.reason
    }

    /// A failure for which time ran out, or a connection, with what the brokers' connections met; else itself.
    func explain(_ failure: KafkaFailure) -> KafkaFailure {
        guard failure.kind == .transient else { return failure }
        // Most telling first: what a broker or its certificate said, before that nobody listens.
        func rank(_ entry: (key: String, value: KafkaFailure)) -> (Int, String) {
            (entry.value.kind == .handshake ? 0 : 1, entry.key)
        }
        let told = failures.sorted { rank($0) < rank($1) }
        guard let first = told.first?.value else { return failure }
        var brokers: [String: [String]] = [:]
        var reasons: [String] = []
        for (broker, failure) in told {
            if brokers[failure.reason] == nil { reasons.append(failure.reason) }
            brokers[failure.reason, default: []].append(broker)
        }
        let texts = reasons.map { "\(brokers[$0, default: []].joined(separator: ", ")): \($0)" }
        return KafkaFailure(
            code: first.code, name: first.name, reason: texts.joined(separator: "; "), kind: first.kind)
    }
}

/// A text of librdkafka's about one broker: `[ssl://]host:port/id: reason (after 12ms in state CONNECT)`, in the log
/// with `[thrd:…]: ` before it.
struct BrokerText {
    /// `host:port`
    let broker: String
    let reason: String

    /// nil where the text names no broker.
    init?(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix("[thrd:"), let end = rest.firstRange(of: "]: ") { rest = rest[end.upperBound...] }
        guard let separator = rest.firstRange(of: ": ") else { return nil }
        var name = rest[..<separator.lowerBound]
        if let scheme = name.firstRange(of: "://") { name = name[scheme.upperBound...] }
        guard let slash = name.lastIndex(of: "/"), name.contains(":"), !name.contains(" ") else { return nil }
        broker = String(name[..<slash])
        let reason = rest[separator.upperBound...]
        self.reason = String(reason.ranges(of: " (after ").last.map { reason[..<$0.lowerBound] } ?? reason)
    }
}

/// Why OpenSSL takes no certificate, by its numbers.
private struct CertificateRefusal: CustomStringConvertible {
    let description: String

    /// - Parameter line: `Certificate (subject=/CN=…, issuer=/CN=…) verification callback failed: X.509 error 62`
    init?(_ line: String) {
        let (mark, start) = ("X.509 error ", "Certificate (subject=")
        guard let code = line.ranges(of: mark).last.flatMap({ Int(line[$0.upperBound...].prefix { $0.isNumber }) }),
            let subject = line.firstRange(of: start), let issuer = line.firstRange(of: ", issuer=")
        else { return nil }
        let certificate = "its certificate \(line[subject.upperBound..<issuer.lowerBound])"
        description =
            switch code {
            case 9: "\(certificate) is not valid yet"
            case 10: "\(certificate) has expired"
            case 18...21: "\(certificate) is signed by a CA that is not known here"
            case 23: "\(certificate) has been revoked"
            case 62: "\(certificate) is for another host name"
            case 64: "\(certificate) is for another address"
            default: "\(certificate) is not taken (X.509 error \(code))"
            }
    }
}
