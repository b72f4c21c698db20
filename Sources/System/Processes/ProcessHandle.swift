import CLinux
import Glibc
package import Scheduling

/// A process, held by a descriptor that becomes readable when it ends (a pidfd). Unlike the number it never comes to
/// mean another process. Whoever has it closes it.
package struct ProcessHandle: Sendable {
    package let pid: Int32
    package let descriptor: Int32

    /// - Parameter pid: a child of this process, which nobody reaps meanwhile.
    package init(_ pid: Int32) throws(SystemFailure) {
        self.pid = pid
        descriptor = linux_pidfd_open(pid)
        guard descriptor >= 0 else { throw SystemFailure(errno, "cannot watch a process") }
    }

    /// Takes hold of a child that has just been started. One that cannot be held is ended and reaped: nobody would
    /// hear of its end.
    package init(holding child: Int32) throws(SystemFailure) {
        do throws(SystemFailure) {
            try self.init(child)
        } catch {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
            throw SystemFailure(error.number, "cannot watch a new process")
        }
    }

    package enum Look: Sendable {
        case running
        /// - Parameter peakBytes: its largest resident set, that of children it waited for included.
        case ended(ExitStatus, peakBytes: Int64)
        case failed(errno: Int32)
    }

    /// Looks whether the child has ended, without waiting.
    /// - Parameter reaping: whether to take one that has ended out of the process table.
    package func look(reaping: Bool) -> Look {
        var ending = linux_ending()
        let result = unsafe linux_ending_of(descriptor, reaping ? 1 : 0, &ending)
        guard result != 0 else { return .running }
        guard result > 0 else { return .failed(errno: -result) }
        let hasExited = ending.code == CLD_EXITED
        return .ended(
            hasExited ? .exited(code: ending.status) : .signalled(ending.status), peakBytes: ending.peak)
    }

    /// - Parameter until: when to give up; nil waits without end.
    /// - Returns: false when the time was over first.
    package func awaitEnd(until: MonotonicTime?) -> Bool { waitReadable(descriptor, until: until) }

    package func close() { Glibc.close(descriptor) }
}
