import CLinux
import Glibc
package import Scheduling

/// Waits until a descriptor can be read, or has been hung up.
/// - Parameter until: when to give up; nil waits without end.
/// - Returns: false when the time was over first.
package func waitReadable(_ descriptor: Int32, until: MonotonicTime?) -> Bool {
    !ReadyDescriptors.wait(output: descriptor, until: until).isEmpty
}

/// Which of the descriptors around a child process have something to say.
package struct ReadyDescriptors: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let output = ReadyDescriptors(rawValue: Int32(linux_ready_output))
    package static let errors = ReadyDescriptors(rawValue: Int32(linux_ready_errors))
    package static let process = ReadyDescriptors(rawValue: Int32(linux_ready_process))
    package static let wake = ReadyDescriptors(rawValue: Int32(linux_ready_wake))
    package static let input = ReadyDescriptors(rawValue: Int32(linux_ready_input))

    /// One `poll` over what is given; empty when the time is over.
    package static func wait(
        output: Int32 = -1, errors: Int32 = -1, process: Int32 = -1, wake: Int32 = -1, input: Int32 = -1,
        until: MonotonicTime?
    ) -> ReadyDescriptors {
        while true {
            let left = until?.nanosecondsLeft() ?? -1
            let ready = linux_wait(output, errors, process, wake, input, left)
            if ready >= 0 { return ReadyDescriptors(rawValue: ready) }
            // Only an interruption is worth another try. ENOMEM ends the wait as if its time were over: the caller
            // looks at its deadline anyway.
            if ready != -EINTR { return [] }
        }
    }

    /// The same for a caller that has looked at the clock: empty also when it was interrupted.
    package static func wait(
        output: Int32, errors: Int32, process: Int32, input: Int32, nanoseconds: Int64
    ) -> ReadyDescriptors {
        ReadyDescriptors(rawValue: max(0, linux_wait(output, errors, process, -1, input, nanoseconds)))
    }
}
