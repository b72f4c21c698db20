import Glibc
import Messages

/// A directory of this process's own, which it removes again with everything in it.
package final class TemporaryDirectory {
    package let path: String
    private var isRemoved = false

    /// Makes one under `TMPDIR`, else under `/tmp`.
    /// - Throws: `SystemFailure` where it cannot be made.
    package init(prefix: String) throws(SystemFailure) {
        path = try Self.make(prefix: prefix)
    }

    deinit {
        remove()
    }

    /// Removes it and what is in it. A second call changes nothing.
    package func remove() {
        guard !isRemoved else { return }
        isRemoved = true
        Self.remove(path)
    }

    /// Makes one that no value owns, under `TMPDIR`, else under `/tmp`.
    /// - Returns: its path.
    /// - Throws: `SystemFailure` where it cannot be made.
    package static func make(prefix: String) throws(SystemFailure) -> String {
        let parent = EnvironmentPath.value("TMPDIR") ?? ""
        let pattern = (parent.isEmpty ? "/tmp" : parent) + "/\(prefix)-XXXXXX"
        guard let template = unsafe pattern.withPath({ unsafe strdup($0) }) else {
            throw SystemFailure(ENOMEM, "cannot make a temporary directory")
        }
        defer { unsafe free(template) }
        guard unsafe mkdtemp(template) != nil else {
            throw SystemFailure(errno, "cannot make the directory \(pattern)")
        }
        return unsafe FileName.text(ofCString: template)
    }

    /// Removes a file, or a directory with all that is in it. Symbolic links are removed, not followed.
    package static func remove(_ path: String) {
        // A link is removed by the first call, whatever it leads to, so that the walk never leaves the directory.
        guard unsafe path.withPath({ unsafe unlink($0) }) != 0, errno == EISDIR || errno == EPERM else { return }
        for name in DirectoryEntries.all(path) { remove("\(path)/\(name)") }
        _ = unsafe path.withPath { unsafe rmdir($0) }
    }
}
