import Glibc
import Messages

/// Why a file cannot be read: "is a directory, not a file".
package struct FileProblem: Error {
    package let reason: String
}

/// The bytes of a regular file of at most so many bytes.
/// - Throws: that it is none, is larger, or what the system says.
package func readFile(_ path: String, maximumBytes: Int) throws(FileProblem) -> [UInt8] {
    guard !path.utf8.contains(0) else { throw FileProblem(reason: "has a name with a zero byte") }
    // Without O_NONBLOCK a named pipe would hang the start.
    let descriptor = unsafe path.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw FileProblem(reason: "cannot be opened: \(systemMessage(errno))") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
        throw FileProblem(reason: "cannot be examined: \(systemMessage(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        throw FileProblem(reason: isDirectory ? "is a directory, not a file" : "is not a regular file")
    }
    return try readAll(descriptor, maximumBytes: maximumBytes)
}

private func readAll(_ descriptor: Int32, maximumBytes: Int) throws(FileProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
        let count = unsafe read(descriptor, &chunk, chunk.count)
        if count == 0 { return bytes }
        if count > 0 {
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw FileProblem(reason: "is larger than \(maximumBytes) bytes")
            }
        } else if errno != EINTR {
            throw FileProblem(reason: "cannot be read: \(systemMessage(errno))")
        }
    }
}

private func systemMessage(_ code: Int32) -> String {
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}
