import Glibc

/// The standard error of a host, which the node reads into its log.
package enum StandardError {
    /// Writes one line with one call, so that lines of several threads do not mix.
    package static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
