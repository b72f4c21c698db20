import Glibc
import Messages

/// Paths that mean the same wherever a process stands.
package enum AbsolutePath {
    /// The path from the root; a relative one counts from the working directory. Links in it stay as they are.
    package static func of(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(here) }
        return unsafe FileName.text(ofCString: here) + "/" + path
    }
}
