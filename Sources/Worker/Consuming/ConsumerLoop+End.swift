import Kafka
import Messages
import Scheduling
import System

/// Exit codes of `sysexits.h` that supervisors know.
package enum ExitCode {
    package static let success: Int32 = 0
    package static let failure: Int32 = 1
    package static let usage: Int32 = 64
    package static let dataError: Int32 = 65
    package static let noInput: Int32 = 66
    package static let unavailable: Int32 = 69
    /// Fenced or fatal: start it again.
    package static let software: Int32 = 70
    /// Where the output should go, nothing can be made.
    package static let cannotCreate: Int32 = 73
    /// Something must be set up or corrected first.
    package static let configuration: Int32 = 78
    /// Ended by Ctrl-C or SIGTERM before its work was done, as shells have it.
    package static let interrupted: Int32 = 130
}

extension ConsumerLoop {
    /// Ends without a drain: what is not done runs again elsewhere.
    /// - Parameter failure: what it met, for the next run to tell.
    func endNow(_ reason: NodeEnd.Reason, _ failure: KafkaFailure) {
        guard exitCode == 0 else { return }
        exitCode = ExitCode.software
        end = (reason, failure.description)
        hear(.fail, .now())
        health.noteEnding()
        state.consumerWake.signal()
    }
}
