/// What does not change while a node runs, and the bounds its queries and alerts compare with.
package struct NodeDescription: Sendable, Hashable {
    package var version: String
    package var librdkafka: String
    package var node: String
    package var group: String
    /// Of the strategies the node can run, with versions and parameters; nodes that differ are found by it.
    package var strategiesDigest: String
    package var slots: Int
    package var queueDepthLimit: Int
    package var inFlightLimit: Int
    package var latencyTargetMs: Int
    package var prefetchLimitBytes: Int
    /// What enforces each limit (`MetricLabel.limitedResource` by `MetricLabel.mechanism`), as `["cpu": "cgroup"]`.
    package var enforcement: [String: String]

    package init(
        version: String, librdkafka: String, node: String, group: String, strategiesDigest: String, slots: Int,
        queueDepthLimit: Int, inFlightLimit: Int, latencyTargetMs: Int,
        prefetchLimitBytes: Int, enforcement: [String: String]
    ) {
        self.version = version
        self.librdkafka = librdkafka
        self.node = node
        self.group = group
        self.strategiesDigest = strategiesDigest
        self.slots = slots
        self.queueDepthLimit = queueDepthLimit
        self.inFlightLimit = inFlightLimit
        self.latencyTargetMs = latencyTargetMs
        self.prefetchLimitBytes = prefetchLimitBytes
        self.enforcement = enforcement
    }
}

extension MetricRegistry {
    /// Shows what a node is, in place of what it was said to be before, and starts the gauges of its condition at
    /// "not ready, not draining, not fenced", which alerts need to see.
    package func describe(_ node: NodeDescription) {
        say(.buildInfo, node.version, node.librdkafka)
        say(.nodeInfo, node.node, node.group)
        say(.strategiesInfo, node.strategiesDigest)
        gauge(.slots).set(node.slots)
        gauge(.queueDepthLimit).set(node.queueDepthLimit)
        gauge(.inFlightLimit).set(node.inFlightLimit)
        gauge(.latencyTarget).set(node.latencyTargetMs)
        gauge(.kafkaPrefetchLimit).set(node.prefetchLimitBytes)
        for condition in [GaugeMetric.ready, .draining, .fenced] { gauge(condition).set(false) }
        guard case .closed(let mechanisms) = MetricLabel.mechanism.domain else { return }
        for (resource, inForce) in node.enforcement {
            for mechanism in mechanisms { gauge(.enforcement, resource, mechanism).set(mechanism == inForce) }
        }
    }

    /// Shows the digest of the data set versions the node can see, in place of the one before.
    package func describeData(digest: String) { say(.dataInfo, digest) }

    private func say(_ metric: GaugeMetric, _ values: String...) {
        remove(metric) { _ in true }
        gauge(metric, values).set(true)
    }
}
