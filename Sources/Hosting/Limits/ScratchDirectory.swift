import Glibc
import System

/// The temporary directory of one host.
enum ScratchDirectory {
    /// - Returns: its path; nil where it cannot be made, and the host then has none.
    static func make(for user: Int?) -> String? {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/optimizer-host-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        if let user { _ = chown(path, uid_t(user), gid_t(user)) }
        return path
    }

    /// Removes it with all that the host, which is dead, has left there. Links are not followed.
    static func remove(_ path: String) {
        // A link is removed by the first call, whatever it leads to; only a directory is left.
        guard unlink(path) != 0, errno == EISDIR || errno == EPERM else { return }
        for name in DirectoryEntries.all(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
