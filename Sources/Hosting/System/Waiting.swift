import CLinux
import Glibc
package import Scheduling

/// Waits until a descriptor can be read, or has been hung up.
/// - Parameter until: when to give up; nil waits without end.
/// - Returns: false when the time was over first.
package func waitReadable(_ descriptor: Int32, until: MonotonicTime?) -> Bool {
    !Readiness.wait(output: descriptor, until: until).isEmpty
}

/// Which of a host's descriptors have something to say.
struct Readiness: OptionSet {
    let rawValue: Int32

    static let output = Readiness(rawValue: Int32(linux_ready_output))
    static let errors = Readiness(rawValue: Int32(linux_ready_errors))
    static let process = Readiness(rawValue: Int32(linux_ready_process))
    static let wake = Readiness(rawValue: Int32(linux_ready_wake))
    static let input = Readiness(rawValue: Int32(linux_ready_input))

    /// One `poll` over what is given; empty when the time is over.
    static func wait(
        output: Int32 = -1, errors: Int32 = -1, process: Int32 = -1, wake: Int32 = -1, input: Int32 = -1,
        until: MonotonicTime?
    ) -> Readiness {
        while true {
            let left = until?.nanosecondsLeft() ?? -1
            let ready = linux_wait(output, errors, process, wake, input, left)
            if ready >= 0 { return Readiness(rawValue: ready) }
            // Only an interruption is worth another try. ENOMEM ends the wait as if its time were over: the caller
            // looks at its deadline anyway.
            if ready != -EINTR { return [] }
        }
    }
}
