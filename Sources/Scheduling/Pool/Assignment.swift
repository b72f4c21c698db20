extension Dispatcher {
    /// What a slot is to do next.
    package enum Assignment: Sendable {
        /// `ahead`: what is to be written to its host with it.
        case run(Step, ahead: [Step], Wakes)
        /// The step is over without being run.
        case refuse(Step, Admission.Refusal, Wakes)
        case wait
        case stop

        package var wakes: Wakes {
            switch self {
            case .run(_, _, let wakes), .refuse(_, _, let wakes): wakes
            case .wait, .stop: Wakes()
            }
        }
    }

    /// Whom to wake once the lock is released.
    package struct Wakes: Sendable {
        /// The queue has come down to where the node takes again, a step has ended that the consumer waits for, or one is
        /// abandoned.
        package var consumer = false
        /// The next slot for what is left in the queue. It wakes the one after it, if then still something is left: so
        /// hardly more are woken than find something.
        package var slots: [Int] = []
        /// The slot's own host is to be ended: it has come to a step that is not wanted any more.
        package var endsHost = false
    }

    /// How a running step's demand for locks stands.
    package enum LockAnswer: Equatable, Sendable {
        case granted
        /// The slot is woken when that changes.
        case waits
        /// The step is to be ended: a deadlock is broken by it.
        case isVictim
        /// It asked for more than one step may hold.
        case tooMany
    }

    /// What follows from a demand.
    package struct LockDecision: Sendable {
        package var answer: LockAnswer
        /// The deadlocks the demand closed; none is left once their victims are ended.
        package var deadlocks: [Deadlock] = []
        /// Slots to wake.
        package var woken: [Int] = []
    }
}
