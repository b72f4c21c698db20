/// Where the HTTP server listens.
package struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in figures, or `localhost`; without brackets.
    package let host: String
    /// 0 = any free one.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
