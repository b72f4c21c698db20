import Glibc
import Worker

/// Data for standard output, written in large pieces.
///
/// Nothing is lost quietly: what cannot be written ends the command, and a reader that has gone away ends it as done.
struct DataWriter {
    private var pending: [UInt8] = []
    private static let pieceSize = 64 * 1024

    mutating func line(_ text: String) throws(CommandFailure) { try line(text.utf8) }

    mutating func line(_ bytes: some Collection<UInt8>) throws(CommandFailure) {
        pending.append(contentsOf: bytes)
        pending.append(UInt8(ascii: "\n"))
        if pending.count >= Self.pieceSize { try flush() }
    }

    /// Writes what is waiting; call it at the end, and whenever nothing more comes for a moment. With nothing to write
    /// it looks whether the reader is still there: it may have gone long before the next line comes.
    mutating func flush() throws(CommandFailure) {
        guard !pending.isEmpty else {
            var output = pollfd(fd: 1, events: 0, revents: 0)
            guard unsafe poll(&output, 1, 0) > 0, output.revents & Int16(POLLERR) != 0 else { return }
            throw .readerGone
        }
        let error = Output.write(1, pending)
        pending.removeAll(keepingCapacity: true)
        switch error {
        case 0: return
        case EPIPE: throw .readerGone
        default: throw .output(error)
        }
    }

    /// Writes all of it at once.
    static func write(_ lines: some Sequence<String>) throws(CommandFailure) {
        var writer = DataWriter()
        for line in lines { try writer.line(line) }
        try writer.flush()
    }
}

/// What the system calls an error.
enum SystemError {
    static func text(_ number: Int32) -> String {
        guard let words = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: words)
    }
}
