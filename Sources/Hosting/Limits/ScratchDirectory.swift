import Glibc
import System

/// The temporary directory of one host.
enum ScratchDirectory {
    /// - Returns: its path; nil where it cannot be made, and the host then has none.
    static func make(for user: Int?) -> String? {
        guard let path = try? TemporaryDirectory.make(prefix: "optimizer-host") else { return nil }
        if let user { _ = unsafe chown(path, uid_t(user), gid_t(user)) }
        return path
    }

    /// Removes it with all that the host, which is dead, has left there. Links are not followed.
    static func remove(_ path: String) { TemporaryDirectory.remove(path) }
}
