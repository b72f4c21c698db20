import CLinux
import Glibc
package import Scheduling
import Synchronization

/// A named POSIX thread that runs one body to its end: slots, the consumer, the monitor, the spawner.
///
/// Not a task: its body may block, and it is never bound to an actor.
package final class PermanentThread: Sendable {
    /// What the system shows for it.
    package let name: String
    private let thread: pthread_t
    private let joined = Mutex(false)

    /// Starts the thread.
    /// - Parameters:
    ///   - name: what the system shows for it; the first 15 bytes count.
    ///   - body: what it does.
    /// - Throws: `SystemFailure` when the system gives no more threads.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemFailure) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let failure = unsafe pthread_create(&thread, nil, runPermanentThread, start.toOpaque())
        guard failure == 0 else {
            unsafe start.release()
            throw SystemFailure(failure, "cannot start the thread \(name)")
        }
        self.name = name
        self.thread = thread
    }

    deinit {
        if !joined.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// Waits for the body to end. A second call returns at once; never called by the thread itself. Only for a body
    /// that calls nothing that may block for ever.
    package func join() { _ = join(until: nil) }

    /// Waits for the body to end, so many milliseconds at most.
    /// - Returns: false where it still runs.
    package func join(withinMs: Int) -> Bool { join(until: .now().adding(milliseconds: withinMs)) }

    /// Waits for the body to end, but not for ever: it may sit in a call that a broker or a disk never lets return.
    ///
    /// - Parameter until: when to give up; nil waits without end.
    /// - Returns: false where it still runs. Then it keeps what it holds, and nothing it uses may be torn down.
    package func join(until: MonotonicTime?) -> Bool {
        let mustJoin = joined.withLock { joined in
            defer { joined = true }
            return !joined
        }
        guard mustJoin else { return true }
        guard let until else { return pthread_join(thread, nil) == 0 }
        guard linux_join(thread, until.nanoseconds) == 0 else {
            joined.withLock { $0 = false }
            return false
        }
        return true
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runPermanentThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    _ = unsafe linux_name_thread(start.name)
    start.body()
    return nil
}
