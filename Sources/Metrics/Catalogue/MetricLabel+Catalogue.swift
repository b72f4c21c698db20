/// The labels the catalogue uses. `strategy` is always a metric's first label.
extension MetricLabel {
    package static let strategy = MetricLabel(name: "strategy", domain: .strategies)
    package static let status = MetricLabel(
        name: "status",
        domain: .closed([
            "completed", "failed", "rejected", "timed_out", "resource_exceeded", "expired", "crashed", "cancelled",
        ]))
    /// What `optimizer_resource_usage` measures.
    package static let resource = MetricLabel(name: "resource", domain: .closed(["cpu_percent", "memory_mb"]))
    /// What a limit bounds.
    package static let limitedResource = MetricLabel(
        name: "resource", domain: .closed(["cpu", "memory", "processes", "output", "time"]))
    package static let mechanism = MetricLabel(
        name: "mechanism", domain: .closed(["cgroup", "rlimit", "monitor", "none"]))
    package static let restartReason = MetricLabel(
        name: "reason",
        domain: .closed([
            "crashed", "timed_out", "resource_exceeded", "babbled", "deadlock", "stalled", "recycled", "start_failed",
        ]))
    /// `NodeEnd.Reason`
    package static let endReason = MetricLabel(
        name: "reason",
        domain: .closed([
            "stopped", "fenced", "fatal", "authorization", "unpublishable", "configuration", "failed", "crashed",
        ]))
    package static let transactionOutcome = MetricLabel(
        name: "outcome", domain: .closed(["committed", "aborted", "unresolved"]))
    package static let rebalanceKind = MetricLabel(name: "kind", domain: .closed(["assigned", "revoked", "lost"]))
    package static let waitReason = MetricLabel(
        name: "reason", domain: .closed(["key", "lock", "memory", "cpu", "partition", "throttle", "start"]))
    package static let destination = MetricLabel(
        name: "destination", domain: .closed(["results", "dead_letters", "metrics"]))
    package static let eventType = MetricLabel(
        name: "type",
        domain: .closed([
            "interval", "started", "paused", "resumed", "rebalanced", "host_lost", "draining", "deadlock", "stall",
            "throttle", "circuit", "interference", "metadata_full", "offset_reset", "records_skipped", "undeliverable",
            "stopped",
        ]))
    package static let client = MetricLabel(name: "client", domain: .closed(["consumer", "producer", "metrics"]))
    /// Threads of the node that must move, each by a time it has said.
    package static let thread = MetricLabel(
        name: "thread", domain: .closed(["consumer", "monitor", "lag", "data", "control", "hosts"]))
    package static let statistic = MetricLabel(name: "statistic", domain: .closed(["average", "p99"]))
    package static let topic = MetricLabel(name: "topic", domain: .open)
    package static let partition = MetricLabel(name: "partition", domain: .open)
    package static let broker = MetricLabel(name: "broker", domain: .open)
    package static let file = MetricLabel(name: "file", domain: .open)
    package static let version = MetricLabel(name: "version", domain: .open)
    package static let librdkafka = MetricLabel(name: "librdkafka", domain: .open)
    package static let node = MetricLabel(name: "node", domain: .open)
    package static let group = MetricLabel(name: "group", domain: .open)
    package static let digest = MetricLabel(name: "digest", domain: .open)
}
