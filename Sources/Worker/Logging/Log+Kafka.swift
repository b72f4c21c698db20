import Messages

extension Log {
    /// Whether librdkafka says so of a connection that fails.
    static func tellsOfConnections(_ facility: String) -> Bool { ["FAIL", "ERROR", "REQTMOUT"].contains(facility) }

    /// A line of librdkafka's own log; its level is syslog's.
    func librdkafka(_ level: Int32, _ facility: String, _ message: String) {
        let ours: Level =
            switch level {
            // A remark about brokers that are a decade old, which the embedded one resembles: no topic is ever made.
            case _ where facility == "AUTOCREATE": .debug
            // Said for each client and each attempt; the node has one line for a broker that goes or is back.
            case _ where Self.tellsOfConnections(facility): .debug
            case ...3: .error
            case 4: .warning
            case 5, 6: .info
            default: .debug
            }
        line(
            ours, message, [JSONMember("source", .string("librdkafka")), JSONMember("facility", .string(facility))],
            kind: "librdkafka \(facility)")
    }
}
