package import System

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

    /// What the system refused is what a host needs.
    package init(_ failure: SystemFailure) {
        self.init(.resources, failure.cause, remedy: failure.remedy)
    }

    /// Asks the system for what a host needs.
    package static func ifRefused<Value>(_ ask: () throws(SystemFailure) -> Value) throws(HostFailure) -> Value {
        do throws(SystemFailure) {
            return try ask()
        } catch {
            throw HostFailure(error)
        }
    }
}
