/// How a process ended.
package enum ExitStatus: Sendable, Hashable {
    case exited(code: Int32)
    case signalled(Int32)
    /// Killed, but the kernel has not let go of it yet (uninterruptible I/O). It is reaped once it ends.
    case unfinished
}

extension ExitStatus: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signalled(let signal): "signal \(signal)"
        case .unfinished: "killed, not gone yet"
        }
    }
}
