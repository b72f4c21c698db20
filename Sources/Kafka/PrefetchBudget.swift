/// Splits what one node may prefetch over the partitions it may be given.
///
/// With partition queues librdkafka counts `queued.max.messages.kbytes` per partition, looks at it before it asks for
/// more, and the answer may then bring up to one fetch more: so limit + fetch is a partition's share, but for an eighth
/// that may be left of what a pause has kept (`PrefetchLimits`) when it is fetched again.
/// librdkafka 2.0.2 stops asking for up to a second once a limit is reached, and taking records does not wake it;
/// `KafkaConsumer.take` does (see `FetchNudge`), which makes the budget cost no throughput.
/// `queued.min.messages` stays far above what can be queued, so that only bytes count.
struct PrefetchBudget {
    let megabytes: Int
    let partitions: Int

    private static let largestFetch = 1_048_576
    private static let smallestFetch = 16_384

    /// Bytes a partition may have.
    var share: Int { max(megabytes, 1) * 1_048_576 / max(partitions, 1) }

    /// Bytes asked for at once of one partition. A larger record comes nevertheless: a broker sends at least one batch.
    var fetchBytes: Int { min(max(share / 2, Self.smallestFetch), Self.largestFetch) }

    /// librdkafka's kbyte has 1000 bytes here.
    var queuedKilobytes: Int { max((share - share / 8 - fetchBytes) / 1000, Self.smallestFetch / 1000) }

    var properties: [ClientProperties.Property] {
        var properties: [ClientProperties.Property] = [
            .init("queued.min.messages", "1000000"),
            .init("queued.max.messages.kbytes", String(queuedKilobytes)),
            .init("fetch.message.max.bytes", String(fetchBytes)),
        ]
        if KafkaLibrary.versionNumber >= 0x0202_0000 { properties.append(.init("fetch.queue.backoff.ms", "20")) }
        return properties
    }
}

/// What of one partition may lie in librdkafka's queue, and what is kept of it in a pause, in bytes: as the client has
/// been set, by `PrefetchBudget` or by the user.
struct PrefetchLimits {
    /// Beyond this nothing more is asked for.
    let queued: Int
    /// So much may come when it is.
    let fetch: Int

    init(_ properties: ClientProperties) {
        func number(_ name: String, _ initial: Int) -> Int { properties.value(of: name).flatMap { Int($0) } ?? initial }
        // Without a value, librdkafka's own.
        queued = number("queued.max.messages.kbytes", 65_536) * 1000
        fetch = number("fetch.message.max.bytes", 1_048_576)
    }

    /// Where so little is left of what was kept, it is fetched again: an eighth of the share. At 300 bytes a record,
    /// 32 MB and 12 partitions that is enough for 0.1 s at 100,000 records a second.
    var nearlyUsedUp: Int { (queued + fetch) / 7 }

    /// More is not kept. Together with what was left that is as much as may be queued.
    var kept: Int { nearlyUsedUp + queued + fetch }
}
