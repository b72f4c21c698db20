import Hosting
import Messages
import Scheduling
import System

/// Answers what the host of one slot asks for while its step runs.
final class SlotLocks: LockArbiter, Sendable {
    let wake: WakeDescriptor
    private let slot: Int
    private let state: NodeState
    private let reporter: StepReporter

    init(slot: Int, state: NodeState, reporter: StepReporter) {
        self.slot = slot
        self.state = state
        self.reporter = reporter
        wake = state.slotWakes[slot]
    }

    func demand(_ names: [String]) -> LockVerdict {
        let decision = state.decide { [slot] in $0.demand(names, slot: slot) }
        for deadlock in decision.deadlocks { reporter.deadlock(deadlock) }
        state.wake(slots: decision.woken)
        return verdict(decision.answer)
    }

    func verdict() -> LockVerdict { verdict(state.decide { [slot] in $0.lockAnswer(slot: slot) }) }

    func release(_ names: [String]) {
        state.wake(slots: state.decide { [slot] in $0.release(names, slot: slot) })
    }

    /// The host has answered, and the step goes on with another request: it holds what the step has declared.
    func releaseDemanded() { state.wake(slots: state.decide { [slot] in $0.releaseDemanded(slot: slot) }) }

    private func verdict(_ answer: Dispatcher.LockAnswer) -> LockVerdict {
        switch answer {
        case .granted: .granted
        case .waits: .waits
        case .isVictim: .broken
        case .tooMany: .refused("a demand for more than \(LockTable.maximumHeld) locks in one step")
        }
    }
}
