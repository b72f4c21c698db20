import CZlib
import Glibc
import Messages

/// The lines of a text file in UTF-8 or UTF-16, packed with gzip or not.
///
/// Safety: the handle is made in `init`, used by one thread, and closed in `deinit`.
@safe
final class LineReader {
    private let handle: gzFile
    private var buffer: [UInt8]
    private var filled = 0
    private var next = 0
    private var isAtEnd = false
    /// nil before the first bytes are read.
    private var format: TextFormat?
    /// The number of the line that was read last, from 1.
    private(set) var lineNumber = 0
    /// A line longer than this is no line of a table of numbers.
    static let longestLine = 64 * 1024

    /// - Throws: where the file cannot be opened for reading.
    init(path: String) throws(ImportProblem) {
        var status = stat()
        guard unsafe path.withPath({ unsafe stat($0, &status) }) == 0 else {
            throw ImportProblem(unsafe "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ImportProblem("cannot read \(path): it is a directory") }
        guard let handle = unsafe path.withPath({ unsafe gzopen($0, "rb") }) else {
            throw ImportProblem(unsafe "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        unsafe self.handle = handle
        size = Int(status.st_size)
        unsafe gzbuffer(handle, 128 * 1024)
        buffer = [UInt8](repeating: 0, count: 256 * 1024)
    }

    deinit { unsafe gzclose(handle) }

    /// Bytes of the file as it lies on the disk (packed where it is).
    let size: Int

    /// Bytes of the file that have been read.
    var position: Int { unsafe max(0, Int(gzoffset(handle))) }

    /// Gives the next line without its end to the closure; nil at the end of the file.
    ///
    /// - Throws: where the packed data is damaged or a line is far too long.
    func nextLine<R>(_ body: (ArraySlice<UInt8>) throws(ImportProblem) -> R) throws(ImportProblem) -> R? {
        while true {
            if let end = endOfLine() {
                let start = next
                next = end + 1
                lineNumber += 1
                return try body(trimmed(start..<end))
            }
            if isAtEnd {
                guard next < filled else { return nil }
                let start = next
                next = filled
                lineNumber += 1
                return try body(trimmed(start..<filled))
            }
            try refill()
        }
    }

    private func endOfLine() -> Int? {
        unsafe buffer.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, next < filled,
                let found = unsafe memchr(base + next, 0x0A, filled - next)
            else { return nil }
            return unsafe base.distance(to: UnsafeRawPointer(found))
        }
    }

    private func trimmed(_ range: Range<Int>) -> ArraySlice<UInt8> {
        var line = buffer[range]
        if line.last == 0x0D { line = line.dropLast() }
        // A byte order mark, as spreadsheets write it.
        if lineNumber == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        return line
    }

    private func refill() throws(ImportProblem) {
        guard filled - next <= Self.longestLine else {
            throw ImportProblem("line \(lineNumber + 1) is longer than \(Self.longestLine) bytes; is this a CSV file?")
        }
        buffer.replaceSubrange(0..<filled - next, with: buffer[next..<filled])
        filled -= next
        next = 0
        if let format, format != .utf8 { return try refillWide(format) }
        let got = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe gzread(handle, bytes.baseAddress.map { unsafe $0 + filled }, UInt32(bytes.count - filled))
        }
        guard got > 0 else { return try end(isFailure: got < 0) }
        filled += Int(got)
        if format == nil { try begin() }
    }

    /// Looks at what the file is, with its first bytes in the buffer.
    private func begin() throws(ImportProblem) {
        let found = TextFormat(of: buffer[..<filled])
        format = found
        if case .other(let words) = found { throw ImportProblem("the file is \(words)") }
        guard found != .utf8 else { return }
        let text = found.utf8(buffer[..<filled])
        filled = text.count
        buffer = text + repeatElement(0, count: max(0, buffer.count - text.count))
    }

    private func refillWide(_ format: TextFormat) throws(ImportProblem) {
        var wide = [UInt8](repeating: 0, count: Self.longestLine)
        let got = unsafe wide.withUnsafeMutableBytes { unsafe gzread(handle, $0.baseAddress, UInt32($0.count)) }
        guard got > 0 else { return try end(isFailure: got < 0) }
        let text = format.utf8(wide[..<Int(got)])
        // UTF-8 takes at most half as much again, and the buffer has three times a longest line free.
        buffer.replaceSubrange(filled..<filled + text.count, with: text)
        filled += text.count
    }

    /// Nothing more comes. zlib gives all of a packed file that is cut off as if it were whole, and tells it only here.
    private func end(isFailure: Bool) throws(ImportProblem) {
        var code: Int32 = 0
        let words = unsafe gzerror(handle, &code).map { unsafe String(cString: $0) } ?? "unknown error"
        guard code != Z_BUF_ERROR else {
            throw ImportProblem(
                "after line \(lineNumber): the file ends in the middle of its compressed data; fetch it again, whole")
        }
        guard !isFailure else {
            throw ImportProblem("after line \(lineNumber): the file cannot be read on: \(words)")
        }
        isAtEnd = true
    }
}
