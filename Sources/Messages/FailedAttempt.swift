/// A run of a step that was not its last.
package struct FailedAttempt: Equatable, Sendable {
    /// Which one it was, from 1.
    package let attempt: Int
    package let status: ResultStatus
    package let code: String
    package let message: String
    package let endedAt: Timestamp

    /// Of one request.
    package static let mostKept = 10
    /// Of a message; the whole stands in the log.
    private static let longestMessage = 300

    package init(attempt: Int, status: ResultStatus, code: String, message: String, endedAt: Timestamp) {
        self.attempt = attempt
        self.status = status
        self.code = code
        self.message = message.cut(toBytes: Self.longestMessage)
        self.endedAt = endedAt
    }

    /// An array of them, as JSON.
    package static func encoded(_ attempts: [FailedAttempt]) -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for attempt in attempts {
            json.beginObject()
            json.member("attempt", attempt.attempt)
            json.member("status", attempt.status.rawValue)
            json.member("code", attempt.code)
            json.member("message", attempt.message)
            json.member("ended_at", attempt.endedAt.rfc3339)
            json.endObject()
        }
        json.endArray()
        return json.bytes
    }
}
