/// Something a node tells the world: its state every few seconds, and each change when it happens.
package struct MetricsEvent: Sendable {
    /// One type per change; the raw values are contract.
    package enum Kind: String, Sendable, CaseIterable {
        /// How the node is, every few seconds.
        case interval
        case started, paused, resumed, rebalanced, draining, stopped
        case hostLost = "host_lost"
        /// Steps waited for each other's locks; the event names the cycle and the victim.
        case deadlock
        /// Work is queued or overdue, and nothing moves.
        case stall
        /// A strategy's share of the slots has become smaller or larger.
        case throttle
        /// A strategy is suspended, or is run again.
        case circuit
        /// One strategy's load makes another's steps slow; the event names both.
        case interference
        /// Nothing is taken of a partition, since what is done of it might not fit into its commit, or it is again.
        case metadataFull = "metadata_full"
        /// A partition is read on from elsewhere than was committed, or its log is another.
        case offsetReset = "offset_reset"
        /// Records were gone before they could be taken.
        case recordsSkipped = "records_skipped"
        /// A result or a dead letter that its topic takes in no form: the node goes on without it.
        case undeliverable
    }

    package let kind: Kind
    package let node: String
    package let time: Timestamp
    /// Members of this kind of event.
    package var details: [JSONMember]

    package init(_ kind: Kind, node: String, time: Timestamp, _ details: [JSONMember] = []) {
        self.kind = kind
        self.node = node
        self.time = time
        self.details = details
    }

    package func encoded() -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "metrics_event")
        json.member("event", kind.rawValue)
        json.member("node", node)
        json.member("time", time.rfc3339)
        for detail in details { json.member(detail.name, detail.value) }
        json.endObject()
        return json.bytes
    }
}
