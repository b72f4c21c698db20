import Glibc

extension ValueFormat<HTTPAddress> {
    static let httpAddress = ValueFormat(
        expects: "address:port, such as 127.0.0.1:9464 or [::]:9464 (port 0: any free one)",
        parse: { text throws(ValueProblem) in
            guard let (host, port) = splitAddress(Substring(text)) else {
                throw ValueProblem(reason: "is no address:port")
            }
            guard isListenable(host) else {
                throw ValueProblem(reason: "holds \"\(host)\", which is no IP address in figures")
            }
            return HTTPAddress(host: host, port: port)
        },
        show: \.description)
}

extension HTTPAddress {
    /// As `metrics.http` takes it; nil where the text is none.
    package init?(_ text: String) {
        guard let address = try? ValueFormat<HTTPAddress>.httpAddress.parse(text) else { return nil }
        self = address
    }
}

/// `host:port` or `[host]:port` with a port from 0 to 65535; the host comes without its brackets.
func splitAddress(_ text: Substring) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let figures = text[text.index(after: colon)...]
    guard figures.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(figures) else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
        host = host.dropFirst().dropLast()
    } else if host.contains(":") {
        return nil
    }
    return (String(host), Int(port))
}

func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
}

private func isListenable(_ host: String) -> Bool {
    var v4 = in_addr()
    var v6 = in6_addr()
    return unsafe host == "localhost" || inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1
}
