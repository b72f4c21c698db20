import Synchronization

/// The wish that a node ends. It is there before the node is, so that whoever makes the node, or waits for what it
/// needs, can be told to give up.
package final class StopRequest: Sendable {
    private struct State {
        var isRequested = false
        var isEnding = false
        var listeners: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Asks for the end, from outside. Any thread.
    /// - Returns: false when that was asked before.
    @discardableResult
    package func request() -> Bool {
        let (isFirst, listeners) = state.withLock { state in
            defer { state.isRequested = true }
            return (!state.isRequested, Self.begin(&state))
        }
        for listener in listeners { listener() }
        return isFirst
    }

    /// The node ends by itself. A request that comes meanwhile is still the first.
    package func noteEnding() {
        let listeners = state.withLock { Self.begin(&$0) }
        for listener in listeners { listener() }
    }

    /// Whether the node is to end, whoever wants it.
    package var isEnding: Bool { state.withLock { $0.isEnding } }

    /// Has the closure called once the end begins, on the thread that begins it; at once where it has begun. It only
    /// wakes somebody: what it calls must not block.
    package func whenEnding(_ body: @escaping @Sendable () -> Void) {
        let hasBegun = state.withLock { state in
            if !state.isEnding { state.listeners.append(body) }
            return state.isEnding
        }
        if hasBegun { body() }
    }

    private static func begin(_ state: inout State) -> [@Sendable () -> Void] {
        state.isEnding = true
        defer { state.listeners = [] }
        return state.listeners
    }
}
