import Glibc
import Messages
import System

/// Why a host is of no more use.
package struct HostLoss: Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case exited(code: Int32)
        case signalled(Int32)
        /// It closed its output and lives on.
        case closedOutput
        /// It closed its input and lives on.
        case closedInput
        /// It announced or sent a frame of so many bytes, above `HostFraming.maximumPayload`.
        case frameTooLong(bytes: Int)
        case brokenFrame(String)
        /// It sent so many bytes that nobody had asked for.
        case spokeOutOfTurn(bytes: Int)
        /// It was not ready, or did not answer, in time.
        case silent
        /// The system refused to read from it or to write to it.
        case unreachable(errno: Int32)
        /// It exceeded a limit, and the node or the kernel ended it for that.
        case exceeded(LimitBreach)
        /// This node ended it.
        case ended
        /// It asked for a lock in a step that others were written behind: it would read a request where it waits for
        /// the grant. This node ended it.
        case wantedLockAmongOthers
    }

    package let kind: Kind
    /// Whether any byte of a request reached the host. If not, the step has certainly not begun, and another host may
    /// run it.
    package let requestDelivered: Bool
    /// The last of what it wrote to its standard error, at most 2 kB.
    package let errorOutput: String

    /// Whether it was ended for the memory it held.
    package var isForMemory: Bool {
        if case .exceeded(let breach) = kind { breach.resource == .memory } else { false }
    }

    /// A short fixed word per kind, for metrics.
    package var reason: String {
        switch kind {
        case .exited: "exited"
        case .signalled: "signalled"
        case .closedOutput: "closed_output"
        case .closedInput: "closed_input"
        case .frameTooLong: "frame_too_long"
        case .brokenFrame: "broken_frame"
        case .spokeOutOfTurn: "spoke_out_of_turn"
        case .silent: "silent"
        case .unreachable: "unreachable"
        case .exceeded: "resource_exceeded"
        case .ended: "ended"
        case .wantedLockAmongOthers: "wanted_lock"
        }
    }

    /// One line for an operator, with the last line of the host's standard error.
    package var description: String {
        let last = errorOutput.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
        guard let last else { return kind.description }
        return "\(kind); its last words: \(String(last.prefix(200)).escapedForTerminal)"
    }
}

extension HostLoss.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(let code): "the host exited with code \(code)"
        case .signalled(let signal): "the host was ended by signal \(signal) (\(signalName(signal)))"
        case .closedOutput: "the host closed its output and went on running"
        case .closedInput: "the host closed its input and went on running"
        case .frameTooLong(let bytes):
            "the host announced a frame of \(bytes) bytes, more than \(HostFraming.maximumPayload); "
                + "does it print to its standard output?"
        case .brokenFrame(let why): "the host sent \(why)"
        case .spokeOutOfTurn(let bytes): "the host sent \(bytes) bytes that nobody had asked for"
        case .silent: "the host did not answer in time"
        case .unreachable(let error): "the host cannot be reached: \(describe(errno: error))"
        case .exceeded(let breach): breach.description
        case .ended: "the host has been ended by this node"
        case .wantedLockAmongOthers: "the host asked for a lock while it had more than this step"
        }
    }
}

/// What came of one step.
package enum StepOutcome: Sendable {
    /// The reply's payload, as it came.
    case answered([UInt8])
    /// The deadline passed first. The host is still busy: kill it.
    case timedOut
    /// The host died or broke the protocol. Kill it in any case: that also reaps it.
    case lost(HostLoss)
}

/// What ended the wait of an idle host.
package enum IdleEvent: Sendable {
    case woken
    case hostLost(HostLoss)
    case deadline
}

private func signalName(_ signal: Int32) -> String {
    guard let name = unsafe strsignal(signal) else { return "unknown" }
    return unsafe String(cString: name)
}
