import Messages
import Scheduling

/// Tells of strategies that are throttled or suspended, and of those that are no longer.
struct PolicyReporter: Sendable {
    let events: MetricsPublisher
    let metrics: NodeMetrics
    let log: Log

    func changed(_ changes: [PolicyChange]) {
        for change in changes {
            switch change {
            case .share(let change): shareChanged(change)
            case .circuit(let change): circuitChanged(change)
            case .failing(let failing): startFailed(failing)
            case .started(let strategy): startedAgain(strategy)
            }
        }
    }

    private func startFailed(_ failing: StartGate.Failing) {
        metrics.strategyStartFailures(failing.strategy, failing.failures)
        log.error(
            "no host of a strategy can be started: its requests wait",
            JSONMember("strategy", .string(metrics.strategyName(failing.strategy))),
            JSONMember("failures", .integer(failing.failures)), JSONMember("retry_ms", .integer(failing.retryMs)),
            JSONMember("cause", .string(failing.reason)))
    }

    private func startedAgain(_ strategy: Int) {
        metrics.strategyStartFailures(strategy, 0)
        log.info(
            "the hosts of a strategy start again: its requests are run",
            JSONMember("strategy", .string(metrics.strategyName(strategy))))
    }

    private func shareChanged(_ change: Throttle.Change) {
        metrics.strategySlots(change.strategy, change.slots)
        let details = [
            JSONMember("strategy", .string(metrics.strategyName(change.strategy))),
            JSONMember("slots", .integer(change.slots)), JSONMember("before", .integer(change.before)),
            JSONMember("reason", .string(change.reason.rawValue)),
        ]
        let isLess = change.slots < change.before
        log.line(
            isLess ? .warning : .info,
            isLess ? "a strategy that misbehaves gets fewer slots" : "a strategy gets slots back", details)
        events.publish(.throttle, details)
    }

    private func circuitChanged(_ change: CircuitBreaker.Change) {
        metrics.strategySuspended(change.strategy, change.isSuspended)
        let details = [
            JSONMember("strategy", .string(metrics.strategyName(change.strategy))),
            JSONMember("suspended", .bool(change.isSuspended)),
        ]
        log.line(
            .warning,
            change.isSuspended ? "a strategy that crashes every time is suspended" : "a strategy is run again", details)
        events.publish(.circuit, details)
    }
}
