/// A librdkafka property that the configuration may not set.
package struct RefusedProperty: Sendable, Equatable {
    package let name: String
    /// Which guarantee it would break, or which key says the same.
    package let reason: String

    init(_ name: String, _ reason: String) {
        self.name = name
        self.reason = reason
    }
}

extension ClientProperties {
    /// Every refused property with its reason; all others pass through to librdkafka.
    package static let refused: [RefusedProperty] = [
        RefusedProperty("enable.auto.commit", "a request is committed once its result is acknowledged, not by a timer"),
        RefusedProperty("auto.commit.enable", "a request is committed once its result is acknowledged, not by a timer"),
        RefusedProperty("auto.commit.interval.ms", "commits are ours: set commit.intervalMs"),
        RefusedProperty("enable.auto.offset.store", "taking a request is not finishing it"),
        RefusedProperty("offset.store.method", "offsets lie in the consumer group, where every node finds them"),
        RefusedProperty("offset.store.path", "offsets lie in the consumer group, where every node finds them"),
        RefusedProperty("offset.store.sync.interval.ms", "offsets lie in the consumer group"),
        RefusedProperty("auto.offset.reset", "what was submitted before the first node started is run: earliest"),
        RefusedProperty("enable.partition.eof", "it is set by what reads: a node does without, readers need it"),
        RefusedProperty("partition.assignment.strategy", "a group must agree on it; it follows the library"),
        RefusedProperty("group.id", "set kafka.groupId"),
        RefusedProperty("group.instance.id", "set kafka.groupInstanceId"),
        RefusedProperty("bootstrap.servers", "set kafka.bootstrapServers"),
        RefusedProperty("metadata.broker.list", "set kafka.bootstrapServers"),
        RefusedProperty("allow.auto.create.topics", "missing topics are named, never made by accident"),
        RefusedProperty("acks", "a result counts once all replicas in step have it"),
        RefusedProperty("request.required.acks", "a result counts once all replicas in step have it"),
        RefusedProperty("enable.idempotence", "without it a retry can publish a result twice or out of order"),
        RefusedProperty("enable.gapless.guarantee", "one result that cannot be published must not stop all others"),
        RefusedProperty("message.timeout.ms", "a result is tried until the broker answers"),
        RefusedProperty("delivery.timeout.ms", "a result is tried until the broker answers"),
        RefusedProperty("message.send.max.retries", "a result is tried until the broker answers"),
        RefusedProperty("retries", "a result is tried until the broker answers"),
        RefusedProperty("transactional.id", "results are published outside transactions"),
        RefusedProperty("delivery.report.only.error", "a request is done when its delivery is reported"),
        RefusedProperty("dr_cb", "a request is done when its delivery is reported"),
        RefusedProperty("dr_msg_cb", "a request is done when its delivery is reported"),
        RefusedProperty("enabled_events", "the node needs the events it asks for"),
        RefusedProperty("log.queue", "librdkafka's log goes into the node's"),
        RefusedProperty("plugin.library.paths", "it loads foreign code into the node"),
        RefusedProperty("test.mock.num.brokers", "it replaces the brokers: set kafka.bootstrapServers to embedded"),
    ]

    /// Why `name` may not be set; nil where it may.
    package static func reasonRefused(_ name: String) -> String? {
        reasons[name]
    }

    private static let reasons = Dictionary(
        refused.map { ($0.name, $0.reason) }, uniquingKeysWith: { first, _ in first })
}
