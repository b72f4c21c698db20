import Glibc

/// What the system refused.
package struct SystemFailure: Error, Sendable, CustomStringConvertible {
    /// The error's number, `errno`.
    package let number: Int32
    /// What was asked for: "cannot create a pipe".
    private let attempt: String

    /// - Parameters:
    ///   - number: the error's number, taken before anything else could change it.
    ///   - attempt: what was asked for, beginning with "cannot".
    package init(_ number: Int32, _ attempt: String) {
        self.number = number
        self.attempt = attempt
    }

    /// The system's words alone.
    package var reason: String { describe(errno: number) }

    /// What happened.
    package var cause: String { "\(attempt): \(reason)" }

    /// What would help; empty when nothing is known to.
    package var remedy: String {
        switch number {
        case EMFILE, ENFILE: "raise the limit on open files"
        case EAGAIN: "raise the limit on processes and threads"
        case ENOMEM: "give the node more memory"
        default: ""
        }
    }

    package var description: String { remedy.isEmpty ? cause : "\(cause) (\(remedy))" }

    /// Throws where a call returned anything but 0.
    static func check(_ result: Int32, _ attempt: @autoclosure () -> String) throws(SystemFailure) {
        let number = errno
        guard result == 0 else { throw SystemFailure(number, attempt()) }
    }
}

/// The system's words for an error number.
package func describe(errno error: Int32) -> String {
    unsafe String(cString: strerror(error))
}
