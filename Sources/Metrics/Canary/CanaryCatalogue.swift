/// Every metric of `optimizer canary`. They are not in a node's catalogue: the canary is a process of its own, and nodes
/// would show its counters at 0.
package enum CanaryCatalogue {
    package static let requests = MetricDescriptor(
        name: "optimizer_canary_requests_total", kind: .counter, unit: .none,
        help: "Requests of the canary, by what became of them", labels: [.canaryOutcome])
    package static let interval = MetricDescriptor(
        name: "optimizer_canary_interval_seconds", kind: .gauge, unit: .seconds,
        help: "Time from one request of the canary to the next; each partition has its turn", labels: [])
    package static let lastSuccessAge = MetricDescriptor(
        name: "optimizer_canary_last_success_age_seconds", kind: .gauge, unit: .seconds,
        help: "Time since a request of the canary was completed, since its start where none was", labels: [])
    package static let late = MetricDescriptor(
        name: "optimizer_canary_late_seconds", kind: .gauge, unit: .seconds,
        help: "Time since the partition should have got the first request after its last completed one, 0 without one",
        labels: [.partition])
    package static let latency = MetricDescriptor(
        name: "optimizer_canary_latency_ms", kind: .histogram, unit: .milliseconds,
        help: "Time from when a request should have been sent to its result, of those that were completed", labels: [])

    package static let all = [requests, interval, lastSuccessAge, late, latency]
}

/// What became of a request of the canary.
package enum CanaryOutcome: String, Sendable, CaseIterable {
    case completed
    /// It has a result, and another status than `completed`.
    case failed
    /// It is on the topic, and had no result in time.
    case lost
    /// No broker has acknowledged it in time.
    case notSent = "not_sent"
}

extension MetricLabel {
    package static let canaryOutcome = MetricLabel(
        name: "outcome", domain: .closed(CanaryOutcome.allCases.map(\.rawValue)))
}
