import Glibc

/// A host that could not be had.
package struct HostFailure: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The system refused a process, a thread, a descriptor or memory.
        case resources
        /// The launcher (`optimizer-host`) cannot be started.
        case launcher
        /// The host ended, babbled or stayed silent before it was ready.
        case notReady
        /// The spawner has been stopped.
        case stopped
        /// Isolation that was asked for cannot be had here.
        case isolation
    }

    package let code: Code
    /// What happened.
    package let cause: String
    /// What would help; empty when nothing is known to.
    package let remedy: String
    /// How the host was lost, where there was one.
    package let loss: HostLoss?

    package init(_ code: Code, _ cause: String, remedy: String = "", loss: HostLoss? = nil) {
        self.code = code
        self.cause = cause
        self.remedy = remedy
        self.loss = loss
    }

    package var description: String {
        remedy.isEmpty ? cause : "\(cause) (\(remedy))"
    }

    static func system(_ error: Int32, _ what: String) -> HostFailure {
        let remedy =
            switch error {
            case EMFILE, ENFILE: "raise the limit on open files"
            case EAGAIN: "raise the limit on processes and threads"
            case ENOMEM: "give the node more memory"
            default: ""
            }
        return HostFailure(.resources, "\(what): \(describe(errno: error))", remedy: remedy)
    }
}

/// The system's words for an error number.
func describe(errno error: Int32) -> String {
    String(cString: strerror(error))
}
