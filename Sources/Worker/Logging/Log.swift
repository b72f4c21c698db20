import Glibc
package import Messages

/// Lines on standard error: JSON where a program reads them, text where a person does. A line never waits for its
/// reader: see `LogQueue`.
package struct Log: Sendable {
    package enum Level: String, Comparable, Sendable, CaseIterable {
        case debug, info, warning, error

        package static func < (a: Level, b: Level) -> Bool {
            allCases.firstIndex(of: a) ?? 0 < allCases.firstIndex(of: b) ?? 0
        }
    }

    package enum Format: String, Sendable {
        case json, text
    }

    private let minimum: Level
    private let format: Format
    private let write: @Sendable (String) -> Void
    private let queue: LogQueue?

    /// A log whose lines are written by the queue's thread.
    package init(_ queue: LogQueue, minimum: Level = .info) {
        self.minimum = minimum
        self.queue = queue
        format = queue.format
        write = { queue.append($0) }
    }

    /// A log that hands its lines, all of them, to a closure.
    ///
    /// - Parameter write: takes one line without its end, on the thread that logs it.
    package init(minimum: Level = .info, format: Format, write: @escaping @Sendable (String) -> Void) {
        self.minimum = minimum
        self.format = format
        self.write = write
        queue = nil
    }

    /// Lines that nobody will read.
    package var droppedLines: Int { queue?.droppedLines ?? 0 }

    package func debug(_ message: String, _ fields: JSONMember...) { line(.debug, message, fields) }
    package func info(_ message: String, _ fields: JSONMember...) { line(.info, message, fields) }
    package func warning(_ message: String, _ fields: JSONMember...) { line(.warning, message, fields) }
    package func error(_ message: String, _ fields: JSONMember...) { line(.error, message, fields) }

    /// - Parameter kind: of what kind the line is, where its message does not say it: of one kind only so many are
    ///   written in a time.
    package func line(_ level: Level, _ message: String, _ fields: [JSONMember], kind: String? = nil) {
        guard level >= minimum, queue?.admits(kind ?? message, level) != false else { return }
        write(format.text(level, message, fields))
    }
}

extension Log.Format {
    /// Text on a terminal, else JSON.
    static var suitingStandardError: Log.Format { isatty(2) == 1 ? .text : .json }

    /// One line, without its end.
    func text(_ level: Log.Level, _ message: String, _ fields: [JSONMember]) -> String {
        let time = Timestamp.now().rfc3339
        switch self {
        case .json:
            var json = JSONWriter()
            json.beginObject()
            json.member("time", time)
            json.member("level", level.rawValue)
            json.member("message", message)
            for field in fields { json.member(field.name, field.value) }
            json.endObject()
            return String(decoding: json.bytes, as: UTF8.self)
        case .text:
            let rest = fields.map { " \($0.name)=\(Self.text(of: $0.value))" }.joined()
            let clock = time.dropFirst(11).dropLast()
            return "\(clock) \(level.rawValue.uppercased()) \(message.escapedForTerminal)\(rest)"
        }
    }

    /// A value as it stands behind its name. What is no single word is quoted: a request's id, say, that holds a space
    /// and an equals sign would read like another field.
    private static func text(of value: JSONValue) -> String {
        guard let text = value.string else { return value.text.escapedForTerminal }
        let isWord = !text.isEmpty && !text.unicodeScalars.contains { " \"=\\".unicodeScalars.contains($0) }
        // A blank other than the plain one is no control, and looks like one all the same.
        guard !isWord || text.contains(where: \.isWhitespace) else { return text.escapedForTerminal }
        let quotable = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"" + quotable.escapedForTerminal + "\""
    }
}

extension Timestamp {
    /// The wall clock.
    package static func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
