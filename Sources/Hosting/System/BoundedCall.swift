package import Scheduling
import Synchronization

/// Calls that may wait for what is not ours, a disk or a mount that hangs: made on a thread of their own, and waited for
/// only so long.
package enum BoundedCall {
    /// - Parameter name: of the thread.
    /// - Returns: what the body returned; nil when it was not done by then, or could not be begun. It goes on alone.
    package static func run<Value: Sendable>(
        _ name: String, until deadline: MonotonicTime, _ body: @escaping @Sendable () -> Value
    ) -> Value? {
        guard let done = try? WakeDescriptor() else { return nil }
        let box = Box<Value>()
        let thread = try? PermanentThread(name: name) {
            let value = body()
            box.value.withLock { $0 = value }
            done.signal()
        }
        guard thread != nil, done.wait(until: deadline) else { return nil }
        return box.value.withLock { $0 }
    }

    private final class Box<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }
}
