import Glibc
import Messages
import System
import Worker

/// Bytes that wait on disk for their turn: a file without a name, which is gone when the program is.
final class SpillFile {
    /// Where a piece lies.
    struct Piece {
        let offset: Int
        let count: Int
    }

    private let descriptor: Int32
    private let folder: String
    private var end = 0

    /// In the folder that TMPDIR names, else in /tmp.
    init() throws(CommandFailure) {
        folder = EnvironmentPath.value("TMPDIR") ?? "/tmp"
        var name = FileName.bytes("\(folder)/optimizer-XXXXXX").map { CChar(bitPattern: $0) } + [0]
        descriptor = unsafe mkstemp(&name)
        guard descriptor >= 0 else {
            throw CommandFailure(
                "cannot make a file in \(folder) for results that came before their turn: \(SystemError.text(errno)); "
                    + "TMPDIR names another folder")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unsafe unlink(name)
    }

    deinit { close(descriptor) }

    func append(_ bytes: [UInt8]) throws(CommandFailure) -> Piece {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(end + done))
            }
            guard count > 0 || errno == EINTR else {
                throw CommandFailure(
                    "cannot keep results that came before their turn in \(folder): \(SystemError.text(errno)); TMPDIR names "
                        + "another folder")
            }
            done += max(0, count)
        }
        defer { end += bytes.count }
        return Piece(offset: end, count: bytes.count)
    }

    func read(_ piece: Piece) throws(CommandFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: piece.count)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe pread(
                    descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(piece.offset + done))
            }
            guard count > 0 || (count < 0 && errno == EINTR) else {
                throw CommandFailure("cannot read back what was kept in \(folder): \(SystemError.text(errno))")
            }
            done += max(0, count)
        }
        return bytes
    }
}
