import Glibc
import Messages

/// What a command says: data on standard output, words on standard error.
enum Output {
    static func data(_ line: String) { write(1, line + "\n") }
    /// One line, whatever is quoted in it: what strangers have written neither moves the cursor nor makes a line of its
    /// own.
    static func words(_ line: String) { write(2, line.escapedForTerminal + "\n") }
    /// Words that stand on several lines.
    static func page(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { words(String(line)) }
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
