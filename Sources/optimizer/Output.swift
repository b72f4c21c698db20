import Glibc
import Messages
import Synchronization

/// What a command says: data on standard output, words on standard error.
enum Output {
    /// Writes a line of data. That it could not be written is told at the end of the command: see `dataError`.
    static func data(_ line: String) {
        let error = write(1, Array((line + "\n").utf8))
        if error != 0 { _ = firstError.compareExchange(expected: 0, desired: error, ordering: .relaxed) }
    }

    /// The number of the first error that has kept data from being written; 0 where there was none.
    static var dataError: Int32 { firstError.load(ordering: .relaxed) }

    private static let firstError = Atomic<Int32>(0)

    /// One line, whatever is quoted in it: what strangers have written neither moves the cursor nor makes a line of its
    /// own.
    static func words(_ line: String) { write(2, line.escapedForTerminal + "\n") }
    /// Words that stand on several lines.
    static func page(_ text: String) { write(2, escapedLines(text) + "\n") }

    /// Words that may stand on several lines, for a person: what is quoted in them begins no line and moves no cursor.
    static func escapedLines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).escapedForTerminal }
            .joined(separator: "\n")
    }

    /// Writes the words a command ends with, unless nobody has taken them for 5 s: a pipe that is full must not keep the
    /// command from ending.
    static func lastWords(_ text: String) {
        // What a pipe takes at once when it is ready.
        let most = 4096
        var rest = Array((escapedLines(text) + "\n").utf8)[...]
        while !rest.isEmpty {
            var errors = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&errors, 1, 5000) > 0, write(2, Array(rest.prefix(most))) == 0 else { return }
            rest = rest.dropFirst(most)
        }
    }

    static var isTerminal: Bool { isatty(1) == 1 }

    /// Writes all of it, or as much as the reader takes.
    static func write(_ descriptor: Int32, _ text: String) { write(descriptor, Array(text.utf8)) }

    /// Writes all of it, or as much as the reader takes.
    /// - Returns: the number of the error that ended it; 0 where there was none.
    @discardableResult
    static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                return errno
            }
            bytes = bytes.dropFirst(written)
        }
        return 0
    }
}
