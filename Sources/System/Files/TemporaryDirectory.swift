import Glibc

/// A directory of this process's own, which it removes again with everything in it.
package final class TemporaryDirectory {
    package let path: String
    private var isRemoved = false

    /// Makes one under `TMPDIR`, else under `/tmp`.
    /// - Throws: `SystemFailure` where it cannot be made.
    package init(prefix: String) throws(SystemFailure) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        let pattern = (parent.isEmpty ? "/tmp" : parent) + "/\(prefix)-XXXXXX"
        guard let template = strdup(pattern) else { throw SystemFailure(ENOMEM, "cannot make a temporary directory") }
        defer { free(template) }
        guard mkdtemp(template) != nil else { throw SystemFailure(errno, "cannot make the directory \(pattern)") }
        path = String(cString: template)
    }

    deinit {
        remove()
    }

    /// Removes it and what is in it. Symbolic links are removed, not followed. A second call changes nothing.
    package func remove() {
        guard !isRemoved else { return }
        isRemoved = true
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        // A link is unlinked here like a file, so the walk never leaves the directory.
        guard unlink(path) != 0, let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove(path + "/" + name) }
        }
        closedir(directory)
        rmdir(path)
    }
}
