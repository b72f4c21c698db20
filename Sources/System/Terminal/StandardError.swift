import CLinux
import Glibc
import Synchronization

/// The standard error of a host, which the node reads into its log, and of the node, which has its log written there.
package enum StandardError {
    /// Writes one line with one call, so that lines of several threads do not mix.
    package static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = unsafe Glibc.write(2, bytes, bytes.count)
    }

    /// What writes whole lines for one thread, which waits while their reader takes none: true where a line was
    /// written. The line after one that was written in part begins on a line of its own.
    ///
    /// - Parameter descriptor: where to; it may be non-blocking, as one shared with another program can be.
    package static func writer(to descriptor: Int32 = 2) -> @Sendable (String) -> Bool {
        let lines = LineWriter(descriptor)
        return { lines.write($0) }
    }
}

private final class LineWriter: Sendable {
    private let descriptor: Int32
    /// Whether the last line was written in part only.
    private let isMidLine = Atomic(false)

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func write(_ line: String) -> Bool {
        let bytes = Array(((isMidLine.load(ordering: .relaxed) ? "\n" : "") + line + "\n").utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno == EAGAIN {
                var output = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&output, 1, -1)
            } else if errno != EINTR {
                if rest.count < bytes.count { isMidLine.store(true, ordering: .relaxed) }
                return false
            }
        }
        isMidLine.store(false, ordering: .relaxed)
        return true
    }
}
