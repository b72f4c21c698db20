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
        let call = Call(body)
        let thread = try? PermanentThread(name: name) {
            call.perform()
            done.signal()
        }
        guard thread != nil, done.wait(until: deadline) else { return nil }
        return call.takeValue()
    }

    /// The body, then what it returned. Both are handed over, not shared: what they hold lives only as long as the caller
    /// keeps it, though the thread may end a moment later.
    private final class Call<Value: Sendable>: Sendable {
        private let body: Mutex<(@Sendable () -> Value)?>
        private let value = Mutex<Value?>(nil)

        init(_ body: @escaping @Sendable () -> Value) { self.body = Mutex(body) }

        func perform() {
            guard let body = body.withLock({ $0.take() }) else { return }
            let new = body()
            value.withLock { $0 = new }
        }

        func takeValue() -> Value? { value.withLock { $0.take() } }
    }
}
