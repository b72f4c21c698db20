import CLinux
import Glibc
package import Scheduling

/// A descriptor that any thread can make readable, to wake a thread that waits in `poll` (an eventfd, non-blocking,
/// closed on exec). Many signals before a drain are one wake-up.
package final class WakeDescriptor: Sendable {
    /// The descriptor to wait on. It belongs to this object and is closed with it.
    package let descriptor: Int32

    /// - Throws: `SystemFailure` when the process has no descriptor left.
    package init() throws(SystemFailure) {
        descriptor = linux_eventfd()
        guard descriptor >= 0 else { throw SystemFailure(errno, "cannot create an event descriptor") }
    }

    deinit {
        close(descriptor)
    }

    /// Makes the descriptor readable. May be called from any thread and from a signal handler.
    package func signal() {
        var one: UInt64 = 1
        while unsafe write(descriptor, &one, 8) < 0, errno == EINTR {}
    }

    /// Makes the descriptor unreadable again. Drain first, look at what was signalled afterwards.
    package func drain() {
        var count: UInt64 = 0
        while unsafe read(descriptor, &count, 8) < 0, errno == EINTR {}
    }

    /// Waits for a signal, and takes it.
    /// - Parameter until: when to give up; nil waits without end.
    /// - Returns: whether it was signalled.
    package func wait(until: MonotonicTime?) -> Bool {
        guard waitReadable(descriptor, until: until) else { return false }
        drain()
        return true
    }
}
