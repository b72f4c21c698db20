package import Scheduling
import Synchronization

/// How a thread that goes on until it is told to end is told so, also while it sleeps.
package final class ThreadEnd: Sendable {
    private let waker: WakeDescriptor
    private let isAsked = Atomic(false)

    /// - Throws: `SystemFailure` when the process has no descriptor left.
    package init() throws(SystemFailure) { waker = try WakeDescriptor() }

    /// Asks the thread to end, which it does after the call it sits in. Any thread.
    package func ask() {
        isAsked.store(true, ordering: .releasing)
        waker.signal()
    }

    package var mayGoOn: Bool { !isAsked.load(ordering: .acquiring) }

    /// Ends the thread's sleep. Any thread.
    package func wake() { waker.signal() }

    /// Sleeps until then, or until somebody wakes the thread.
    package func sleep(until time: MonotonicTime) { _ = waker.wait(until: time) }
}
