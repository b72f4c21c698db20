import Glibc
import TestSupport

/// A directory of one test's own, gone with everything in it when the test ends.
final class TestFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/optimizer-commands-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("no temporary directory: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot write \(name): errno \(errno)") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure("cannot write \(name): errno \(errno)") }
            bytes = bytes.dropFirst(count)
        }
        return file(name)
    }

    /// Empty where there is no such file.
    func read(_ name: String) -> String { String(decoding: Files.read(file(name)), as: UTF8.self) }

    deinit { Files.remove(path) }
}
