import Scheduling

/// What is in flight, and who hears of it.
extension ConsumerLoop {
    /// Decides something about the shared state, which hears first what is in flight: so who looks at it sees a request
    /// in flight no later than in the queue.
    func decide<Decision: Sendable>(_ body: (inout Dispatcher) -> Decision) -> Decision {
        let load = inFlight.load
        toldInFlight = load
        return state.decide { manager in
            manager.noteInFlight(load)
            return body(&manager)
        }
    }

    /// At a turn's end at the latest the shared state hears it, also from a node that takes nothing any more.
    func tellInFlight() {
        if inFlight.load != toldInFlight { decide { _ in } }
    }

    /// These steps will not be run here, nor have a result: their requests stay not done.
    func abandon(_ steps: [Step]) {
        for step in steps { inFlight.abandon(step.token) }
    }
}
