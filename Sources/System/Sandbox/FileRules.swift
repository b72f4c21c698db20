import CLinux
import Glibc
import Messages

/// Which files this process, and what it starts, may use once it has entered (Landlock); where the kernel can, it then
/// reaches no abstract socket and signals no process outside either.
package struct FileRules: ~Copyable {
    package enum Access: Sendable {
        case reading
        case writing
    }

    private let version: Int32
    private let descriptor: Int32

    /// Rules that allow nothing.
    package init() throws(SystemFailure) {
        let version = linux_landlock_version()
        guard version > 0 else { throw SystemFailure(-version, "cannot use Landlock") }
        let descriptor = linux_landlock_begin(version)
        guard descriptor >= 0 else { throw SystemFailure(errno, "cannot make rules for files") }
        self.version = version
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Allows reading and executing, or everything, below a path. What does not exist is left out.
    package func allow(_ access: Access, below path: String) throws(SystemFailure) {
        let how =
            switch access {
            case .reading: linux_landlock_reading
            case .writing: linux_landlock_writing
            }
        let result = unsafe path.withPath { unsafe linux_landlock_allow(descriptor, version, $0, Int32(how)) }
        try SystemFailure.check(result, "cannot allow \(path)")
    }

    /// From now on they hold.
    package func enter() throws(SystemFailure) {
        try SystemFailure.check(linux_landlock_enter(descriptor), "cannot enter the rules for files")
    }
}
