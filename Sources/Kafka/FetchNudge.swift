/// Knows when a fetcher may have gone to sleep over a full partition queue that has room again.
///
/// librdkafka 2.0.2 looks at `queued.max.messages.kbytes` before each fetch. Once a partition is over it, the broker
/// thread sleeps up to 1 s (`rd_kafka_max_block_ms`), and taking records does not wake it; having a request to send
/// does. One is due whenever half of the limit has been taken: the queue then still holds enough to go on with, and a
/// fetcher that was over its limit at one of them is under it at the next.
///
/// Measured with 6 partitions, 600,000 records of 306 bytes, 2 cores, the mock beside it, records a second:
/// ```
/// budget   wanted    librdkafka alone            with the request
/// 2 MB     all       18,413  (gaps of 1 s)       1,301,518
/// 8 MB     all       37,329  (gaps of 1 s)       1,791,044
/// 8 MB     100,000   54,195                      100,000
/// 32 MB    all       763,358 (gaps of 29 ms)     1,648,351
/// 32 MB    200,000   196,270 (gaps of 0.4 s)     200,000  (no gap over 10 ms)
/// 512 MB   all       1,880,877                   2,429,149
/// ```
/// From 2.2.0 on librdkafka has `fetch.queue.backoff.ms` for it, which `PrefetchBudget` shortens. A partition that is
/// fetched from a follower (`client.rack`) is not woken: the request goes to its leader.
struct FetchNudge {
    /// Bytes of one partition between two requests.
    let interval: Int
    private var taken: [Int32: Int] = [:]

    /// - Parameter limit: bytes that may lie in one partition's queue.
    init(limit: Int) { interval = max(limit / 2, 1) }

    mutating func isDue(_ partition: Int32, taken bytes: Int) -> Bool {
        guard bytes > 0 else { return false }
        let sum = taken[partition, default: 0] + bytes
        taken[partition] = sum >= interval ? 0 : sum
        return sum >= interval
    }

    mutating func forget(_ partition: Int32) { taken[partition] = nil }
}
