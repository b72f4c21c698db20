package import System

/// Who decides about the locks a host asks for while its step runs. Called on the thread that drives the host.
package protocol LockArbiter: AnyObject {
    /// Makes that thread look again; it may be signalled for other reasons, too.
    var wake: WakeDescriptor { get }

    /// The host asks for locks.
    func demand(_ names: [String]) -> LockVerdict

    /// How the last demand, which waits, stands now.
    func verdict() -> LockVerdict

    /// The host gives locks back.
    func release(_ names: [String])
}

/// How a demand for locks stands.
package enum LockVerdict: Sendable, Equatable {
    case granted
    case waits
    /// The host is to be ended: the step is what a deadlock is broken by.
    case broken
    /// The host asked for what no host may have.
    case refused(String)
}
