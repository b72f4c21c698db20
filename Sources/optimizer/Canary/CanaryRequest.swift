import Messages

/// The requests of one canary, and which of them a result is of.
struct CanaryRequest {
    /// What a request id of any canary begins with.
    static let prefix = "canary-"

    private let stem: String

    /// - Parameter run: tells the requests of this process from those of another.
    init(run: UInt64 = .random(in: 0...UInt64.max)) { stem = Self.prefix + String(run, radix: 16) + "-" }

    func id(_ number: UInt64) -> String { stem + String(number) }

    /// nil: it is of somebody else.
    func number(of id: [UInt8]) -> UInt64? {
        guard id.starts(with: stem.utf8) else { return nil }
        return UInt64(String(decoding: id.dropFirst(stem.utf8.count), as: UTF8.self))
    }

    /// - Parameter expiry: it is not begun later, so that a backlog of old ones costs no slot.
    func encoded(_ number: UInt64, expires expiry: Timestamp) -> [UInt8] {
        let text: (String) -> JSONValue = { .string($0) }
        let strategy = JSONValue.object([JSONMember("name", text("noop"))])
        let labels = JSONValue.object([JSONMember("origin", text("canary"))])
        return Array(
            JSONValue.object([
                JSONMember("request_id", text(id(number))), JSONMember("strategy", strategy),
                JSONMember("labels", labels), JSONMember("expires_at", text(expiry.rfc3339)),
            ]).text.utf8)
    }
}
