import Glibc
import Messages
import Worker

/// The lines of a file or of standard input, as they come.
struct InputLines: ~Copyable {
    enum Next {
        /// Without its end.
        case line([UInt8])
        /// Nothing came for a moment.
        case nothingYet
        case end
    }

    /// What a person calls it.
    let name: String
    /// Of the line that was read last, from 1.
    private(set) var number = 0
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var scanned = 0
    private var isAtEnd = false
    private static let chunk = 256 * 1024

    /// - Parameter path: `-` is standard input.
    /// - Throws: that it cannot be read, code 66.
    init(_ path: String) throws(CommandFailure) {
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? 0 : unsafe path.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw CommandFailure("cannot read \(path): \(SystemError.text(errno))", code: ExitCode.noInput)
        }
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// - Parameter waitMs: how long at most to wait for the next piece.
    mutating func next(waitMs: Int32) throws(CommandFailure) -> Next {
        while true {
            if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                defer {
                    start = end + 1
                    scanned = start
                }
                return take(to: end)
            }
            scanned = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return .end }
                defer { start = buffer.count }
                return take(to: buffer.count)
            }
            guard try readMore(waitMs: waitMs) else { return .nothingYet }
        }
    }

    /// All of the input, where it is no longer than this; none of it is taken: `next` gives every line.
    ///
    /// - Parameter isWanted: looks at the first piece; where it says no, nothing more is read.
    mutating func whole(
        upTo limit: Int, if isWanted: ([UInt8]) -> Bool
    ) throws(CommandFailure) -> [UInt8]? {
        while buffer.isEmpty, !isAtEnd { _ = try readMore(waitMs: -1) }
        guard isWanted(buffer) else { return nil }
        while !isAtEnd, buffer.count <= limit { _ = try readMore(waitMs: -1) }
        return isAtEnd && buffer.count <= limit ? buffer : nil
    }

    private mutating func take(to end: Int) -> Next {
        number += 1
        var line = buffer[start..<end]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        return .line(Array(line))
    }

    private mutating func readMore(waitMs: Int32) throws(CommandFailure) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wanted, 1, waitMs) != 0 else { return false }
        buffer.removeFirst(start)
        scanned -= start
        start = 0
        let count = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunk))
        let got = unsafe buffer.withUnsafeMutableBytes {
            unsafe read(descriptor, $0.baseAddress.map { unsafe $0 + count }, Self.chunk)
        }
        let error = errno
        buffer.removeLast(Self.chunk - max(0, got))
        guard got >= 0 || error == EINTR || error == EAGAIN else {
            throw CommandFailure("cannot read \(name): \(SystemError.text(error))", code: ExitCode.noInput)
        }
        isAtEnd = got == 0
        return true
    }
}
