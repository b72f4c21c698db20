import Glibc
import Messages

/// A small file that one process at a time has: another finds it taken for as long as this one lives, however it ends.
///
/// The lock lies on a file of its own beside it, `<path>.lock`: the content is put in place by a rename, and a lock
/// belongs to the file that it was taken on.
package final class LockedFile: Sendable {
    package let path: String
    private let lock: Int32

    /// Takes the file, with the directories on the way to it made where they are missing. It need not be there.
    /// - Returns: nil when another has it.
    /// - Throws: `SystemFailure` when it can be neither made nor opened.
    package static func take(_ path: String) throws(SystemFailure) -> LockedFile? {
        makeDirectories(above: path)
        let lock = unsafe (path + ".lock").withPath {
            unsafe open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        }
        guard lock >= 0 else { throw SystemFailure(errno, "cannot open \(path).lock") }
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            let error = errno
            if error == EINTR { continue }
            close(lock)
            guard error == EWOULDBLOCK else { throw SystemFailure(error, "cannot lock \(path).lock") }
            return nil
        }
        return LockedFile(path, lock)
    }

    private init(_ path: String, _ lock: Int32) {
        self.path = path
        self.lock = lock
    }

    deinit {
        // Given back by name: a child that is just being spawned has the descriptor until it runs its program.
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// What it holds; empty when there is nothing.
    package var content: [UInt8] { FileContent.read(path) }

    /// Puts this in the place of what it holds: whoever reads it finds the one or the other, also after a power cut.
    /// - Throws: `SystemFailure`; it holds what it held.
    package func replace(with content: [UInt8]) throws(SystemFailure) {
        let new = path + ".new"
        let file = unsafe new.withPath { unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600) }
        guard file >= 0 else { throw SystemFailure(errno, "cannot write \(new)") }
        let isWritten = unsafe write(file, content, content.count) == content.count && fsync(file) == 0
        let error = errno
        close(file)
        guard isWritten, unsafe new.withPath({ new in unsafe path.withPath { unsafe rename(new, $0) } }) == 0 else {
            let reason = isWritten ? errno : error
            _ = unsafe new.withPath { unsafe unlink($0) }
            throw SystemFailure(reason, "cannot write \(path)")
        }
    }

    private static func makeDirectories(above path: String) {
        let parts = path.split(separator: "/").dropLast()
        var directory = path.hasPrefix("/") ? "" : "."
        for part in parts {
            directory += "/" + part
            _ = unsafe directory.withPath { unsafe mkdir($0, 0o700) }
        }
    }
}
