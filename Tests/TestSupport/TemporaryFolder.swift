import Glibc
import System

/// A folder of a test's own, gone when the value is.
package final class TemporaryFolder {
    private let directory: TemporaryDirectory

    package init() throws { directory = try TemporaryDirectory(prefix: "optimizer-test") }

    package var path: String { directory.path }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    package func write(_ bytes: [UInt8], to name: String) throws {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot write \(file(name))") }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure("cannot write \(file(name))") }
            written += count
        }
    }

    /// - Returns: the file's path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
        return file(name)
    }

    /// Empty where there is no such file.
    package func read(_ name: String) -> [UInt8] { FileContent.read(file(name)) }

    /// Empty where there is no such file.
    package func text(_ name: String) -> String { FileContent.text(file(name)) }
}

/// Files of the project and of the machine.
package enum Files {
    /// The package's folder: three levels above this file.
    package static let package: String = {
        var folder = #filePath
        for _ in 0..<3 { folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]) }
        return folder
    }()

    /// A text file of the project; empty where it cannot be read.
    package static func text(_ name: String) -> String { FileContent.text("\(package)/\(name)") }

    /// The content; empty where it cannot be read.
    package static func read(_ path: String) -> [UInt8] { FileContent.read(path) }
}
