/// librdkafka properties that would break what the node promises, or that another key of the configuration decides.
enum RefusedProperties {
    /// Why this property is refused; nil where it is not.
    static func reason(for name: String) -> String? {
        if let reason = reasons[name] { return reason }
        if name.hasSuffix("_cb") || pointers.contains(name) {
            return "it is no text: only a program can set it"
        }
        return nil
    }

    static let reasons: [String: String] = {
        var reasons: [String: String] = [:]
        for (names, reason) in table {
            for name in names { reasons[name] = reason }
        }
        return reasons
    }()

    private static let pointers: Set = [
        "opaque", "default_topic_conf", "enabled_events", "interceptors", "msg_order_cmp", "ssl_engine_callback_data",
        "ssl_key", "ssl_certificate", "ssl_ca",
    ]

    private static let table: [(names: [String], reason: String)] = [
        (
            ["enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store"],
            "the node itself commits what is done; anything else would lose requests"
        ),
        (["auto.commit.interval.ms"], "the node itself commits; its interval is commit.intervalMs"),
        (
            ["offset.store.method", "offset.store.path", "offset.store.sync.interval.ms"],
            "offsets are kept by the broker, where the other nodes of the group find them"
        ),
        (["auto.offset.reset"], "it is earliest: anything else would skip requests that nobody has run"),
        (["group.id"], "it is kafka.groupId"),
        (["group.instance.id"], "it is kafka.groupInstanceId"),
        (
            ["partition.assignment.strategy", "group.protocol.type", "group.remote.assignor"],
            "the node picks what its librdkafka does safely, and a group must never mix two of them"
        ),
        (["group.protocol"], "it is kafka.groupProtocol"),
        (["enable.partition.eof"], "the node never reaches an end: it reads on"),
        (
            ["queued.min.messages", "queued.max.messages.kbytes"],
            "the node computes it from kafka.prefetchMB"
        ),
        (
            ["acks", "request.required.acks"],
            "it is all: a request counts as done only when every in-sync replica has its result"
        ),
        (
            ["enable.idempotence", "enable.gapless.guarantee"],
            "results are produced idempotently, so that a retry makes no second one"
        ),
        (
            ["transactional.id", "transaction.timeout.ms"],
            "delivery: exactly_once uses transactions, under kafka.groupId and the node's name"
        ),
        (
            ["message.timeout.ms", "delivery.timeout.ms", "retries", "message.send.max.retries"],
            "a result is tried until the broker has it; to give up would lose it"
        ),
        (["queuing.strategy"], "results are sent in their order"),
        (
            ["partitioner"],
            "it is murmur2_random, as Java's: results of one key must stay on one partition whoever produces them"
        ),
        (["delivery.report.only.error"], "a request is done when its result is acknowledged, so every report counts"),
        (["allow.auto.create.topics"], "the node never creates topics in passing; optimizer topics create does"),
        (["bootstrap.servers", "metadata.broker.list"], "it is kafka.bootstrapServers"),
        (["test.mock.num.brokers"], "kafka.bootstrapServers: embedded starts a broker inside the process"),
        (["plugin.library.paths"], "a plugin could change anything the node relies on"),
        (["log_level"], "it is logging.level"),
        (["log.queue", "internal.termination.signal"], "the node sets it for its own threads"),
    ]
}
