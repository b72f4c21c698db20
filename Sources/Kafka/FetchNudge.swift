/// Knows when a fetcher may have gone to sleep over a full partition queue that has room again.
///
/// librdkafka 2.0.2 looks at `queued.max.messages.kbytes` before each fetch; once a partition is over it, the broker
/// thread sleeps up to 1 s (`rd_kafka_max_block_ms`), and taking records does not wake it. A request to that broker
/// does. One is due whenever half of the limit has been taken: the queue then still holds enough to go on with.
struct FetchNudge {
    private let interval: Int
    private var taken: [Int32: Int] = [:]

    /// - Parameter queuedKilobytes: the property's value; without one, librdkafka's own default.
    init(queuedKilobytes: String?) {
        interval = max((queuedKilobytes.flatMap { Int($0) } ?? 65_536) * 1000 / 2, 1)
    }

    mutating func isDue(_ partition: Int32, taken bytes: Int) -> Bool {
        guard bytes > 0 else { return false }
        let sum = taken[partition, default: 0] + bytes
        taken[partition] = sum >= interval ? 0 : sum
        return sum >= interval
    }

    mutating func forget(_ partition: Int32) { taken[partition] = nil }
}
