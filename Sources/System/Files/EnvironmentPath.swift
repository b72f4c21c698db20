import Glibc
import Messages

/// Paths that the environment names.
package enum EnvironmentPath {
    /// nil where it has no such variable.
    package static func value(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe FileName.text(ofCString: $0) }
    }
}
