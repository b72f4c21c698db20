/// What a host says for the node's log while it runs a step: `{"log":{"level":"info","message":"…"}}`.
package struct HostLogLine: Equatable, Sendable {
    package enum Level: String, Sendable {
        case debug, info, warning, error
    }

    /// Bytes of a message that are kept.
    package static let maximumMessage = 4096

    package let level: Level
    package let message: String

    /// nil for every line that is something else. `info` where the level is missing or not known.
    package init?(_ line: [UInt8]) {
        // Nearly all lines are replies, and long: looked at no further than their first name.
        guard line.count <= 1 << 20, Self.beginsWithLog(line),
            let value = try? JSONValue.parse(line), let log = value["log"], value.members?.count == 1,
            let message = log["message"]?.string
        else { return nil }
        level = log["level"]?.string.flatMap(Level.init) ?? .info
        self.message =
            message.utf8.count <= Self.maximumMessage
            ? message : String(decoding: message.utf8.prefix(Self.maximumMessage), as: UTF8.self) + "…"
    }

    private static func beginsWithLog(_ line: [UInt8]) -> Bool {
        let start = line.prefix(64).filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return start.starts(with: Array(#"{"log":"#.utf8))
    }
}
