import Kafka
import Messages
import Scheduling
import Synchronization
import System

/// A message that the producer has not taken into its queue.
struct RefusedMessage: Sendable {
    let message: OutgoingMessage
    let failure: KafkaFailure
}

/// What the node's threads share: the dispatcher behind its lock, and what wakes them.
///
/// No two of its locks are ever held together, and nothing is waited for under one: the only call that goes out is the
/// signal to a host, under `hosts`, so that its number is nobody else's yet.
final class NodeState: Sendable {
    private let dispatcher: Mutex<Dispatcher>
    let consumerWake: WakeDescriptor
    let slotWakes: [WakeDescriptor]
    /// Results that found the producer's queue full; the consumer thread sends them when there is room.
    private let outbox = Mutex<[OutgoingMessage]>([])
    /// Messages the producer refused for good; the consumer thread decides what that means for the node.
    private let refused = Mutex<[RefusedMessage]>([])
    /// The process of each slot's host, while it may be signalled.
    private let hosts: Mutex<[Int32?]>
    private let readySlots = Mutex<Set<Int>>([])
    /// Set when the steps that still run are given up: what becomes of them is no longer published.
    private let isAbandoned = Atomic(false)

    /// - Parameters:
    ///   - external: the numbers of the external strategies.
    ///   - triedAgain: of those the ones of which a step that says it has failed may be tried again.
    init(
        _ settings: NodeSettings, external: [Int] = [], triedAgain: Set<Int> = []
    ) throws(SystemFailure) {
        let slotCount = settings.slotCount
        dispatcher = Mutex(
            Dispatcher(
                slotCount: slotCount, backpressure: settings.backpressure, resources: settings.resources,
                throttle: settings.throttle, circuitBreaker: settings.circuitBreaker,
                serviceTimes: settings.serviceTimes, starts: StartGate(unproven: external), external: external,
                triedAgain: triedAgain, retryBudget: RetryBudget(percent: settings.retryBudgetPercent)))
        consumerWake = try WakeDescriptor()
        var wakes: [WakeDescriptor] = []
        for _ in 0..<slotCount { wakes.append(try WakeDescriptor()) }
        slotWakes = wakes
        hosts = Mutex(Array(repeating: nil, count: slotCount))
    }

    /// Decides something about the shared state under its lock. Act on the answer afterwards.
    func decide<Decision: Sendable>(_ body: (inout Dispatcher) -> Decision) -> Decision {
        dispatcher.withLock { body(&$0) }
    }

    /// The state as it is at this moment.
    var snapshot: Dispatcher { dispatcher.withLock { $0 } }

    /// Keeps a message until there is room for it.
    /// - Returns: whether it is the first that waits.
    func putOff(_ message: OutgoingMessage) -> Bool {
        outbox.withLock { waiting in
            waiting.append(message)
            return waiting.count == 1
        }
    }

    func takeOutbox() -> [OutgoingMessage] {
        outbox.withLock { waiting in
            defer { waiting.removeAll() }
            return waiting
        }
    }

    /// Puts back what has found no room again, before what has come meanwhile.
    func putOffAgain(_ messages: ArraySlice<OutgoingMessage>) {
        outbox.withLock { $0.insert(contentsOf: messages, at: 0) }
    }

    /// Whether results wait for room in the producer's queue.
    var isOutputFull: Bool { outbox.withLock { !$0.isEmpty } }

    func noteRefused(_ message: RefusedMessage) { refused.withLock { $0.append(message) } }

    func takeRefused() -> [RefusedMessage] {
        refused.withLock { waiting in
            defer { waiting.removeAll() }
            return waiting
        }
    }

    /// Notes that the slot has had a host that was ready.
    func noteReady(slot: Int) {
        _ = readySlots.withLock { $0.insert(slot) }
        consumerWake.signal()
    }

    var readySlotCount: Int { readySlots.withLock { $0.count } }

    func wake(slots: [Int]) {
        for slot in slots { slotWakes[slot].signal() }
    }

    func wake(_ wakes: Dispatcher.Wakes) {
        if wakes.consumer { consumerWake.signal() }
        wake(slots: wakes.slots)
    }

    func wakeAllSlots() {
        for wake in slotWakes { wake.signal() }
    }

    /// Notes the slot's host, or that it has none that may be signalled any more.
    func setHost(_ pid: Int32?, of slot: Int) {
        hosts.withLock { $0[slot] = pid }
    }

    var hostPIDs: [Int32?] { hosts.withLock { $0 } }

    /// Kills what these slots have for hosts; their threads see it, and replace them.
    func killHosts(of slots: [Int]) {
        hosts.withLock { pids in
            // Under the lock: a slot takes its host out of here before it reaps it, so no number can be another's.
            for slot in slots { if let pid = pids[slot] { ProcessGroup.kill(pid) } }
        }
    }

    /// Why the node ends the slot's host, or has ended it, where it does: what it is lost for is not its step's doing then.
    func ending(of slot: Int) -> HostEnding? {
        let ending = decide { $0.ending(slot: slot) }
        return ending == .deadlock || mayPublish ? ending : .withNode
    }

    var mayPublish: Bool { !isAbandoned.load(ordering: .acquiring) }

    /// Gives up every step that still runs: their hosts die, and their requests stay not done.
    func abandonRunning() {
        isAbandoned.store(true, ordering: .releasing)
        hosts.withLock { pids in
            // Under the lock: a slot takes its host out of here before it reaps it, so no number can be another's.
            for case let pid? in pids { ProcessGroup.kill(pid) }
        }
    }
}
