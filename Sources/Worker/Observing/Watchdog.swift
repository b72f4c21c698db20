import Messages
import Scheduling
import System

extension JSONValue {
    /// Queued steps by what they wait for.
    static func waiting(_ counts: [WaitReason: Int]) -> JSONValue {
        .object(WaitReason.allCases.map { JSONMember($0.rawValue, .integer(counts[$0] ?? 0)) })
    }
}

/// What the monitor does about a node that does not move: says what it sees, wakes whoever could work, and kills the
/// hosts of steps that should be long dead.
struct Watchdog {
    let state: NodeState
    let events: MetricsPublisher
    let metrics: NodeMetrics
    let log: Log
    private var watch = StallWatch()

    init(state: NodeState, events: MetricsPublisher, metrics: NodeMetrics, log: Log, settings: StallWatch.Settings) {
        self.state = state
        self.events = events
        self.metrics = metrics
        self.log = log
        watch = StallWatch(settings)
    }

    /// Looks once.
    mutating func look(_ dispatcher: Dispatcher, at now: MonotonicTime) {
        guard let finding = watch.look(at: dispatcher, now: now) else { return }
        metrics.noteStall()
        let details = describe(finding, dispatcher)
        log.line(.error, "the node stalls: work is queued or overdue, and nothing moves", details)
        events.publish(.stall, details)
        // A wake-up too many does no harm.
        state.wake(slots: finding.free)
        state.killHosts(of: finding.overdue.map(\.slot))
    }

    private func describe(_ finding: StallWatch.Finding, _ dispatcher: Dispatcher) -> [JSONMember] {
        let overdue = finding.overdue.map { overdue in
            JSONValue.object([
                JSONMember("slot", .integer(overdue.slot)),
                JSONMember("request_id", .string(overdue.step.request.requestID)),
                JSONMember("strategy", .string(overdue.step.request.strategy)),
                JSONMember("overdue_ms", .number(overdue.overdueMs.rounded())),
            ])
        }
        return [
            JSONMember("queue_depth", .integer(finding.depth)), JSONMember("running", .integer(finding.running)),
            JSONMember("waiting", .waiting(finding.waiting)),
            JSONMember("free_slots", .integers(finding.free)), JSONMember("overdue", .array(overdue)),
            JSONMember("quiet_ms", .number(finding.quietMs.rounded())),
            JSONMember("holding", .bool(!dispatcher.backpressure.isFlowing)),
            JSONMember("in_flight", .integer(dispatcher.inFlight.count)),
        ]
    }
}
