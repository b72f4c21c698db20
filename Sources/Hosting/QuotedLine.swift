import Messages

extension [UInt8] {
    /// What a host has written, in quotation marks: short enough to show, and without what moves a terminal.
    package var quotedLine: String {
        let shown = String(decoding: prefix(Self.quotedBytes), as: UTF8.self).escapedForTerminal
        return "\"\(shown)\(count > Self.quotedBytes ? "…" : "")\""
    }

    private static let quotedBytes = 120
}
