import Scheduling

/// What the core hears and decides.
extension ConsumerLoop {
    /// Decides something about the shared state, which hears first what is in flight.
    func decide<Decision: Sendable>(_ body: (inout Dispatcher) -> Decision) -> Decision {
        state.decide { manager in
            core.tell(&manager)
            return body(&manager)
        }
    }

    /// Tells the core what has happened, and does what follows.
    func hear(_ input: NodeInput, _ now: MonotonicTime) {
        perform(state.decide { core.handle(input, &$0, at: now) }, now)
    }
}
