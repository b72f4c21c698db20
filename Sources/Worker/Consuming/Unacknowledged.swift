import Scheduling

/// Since when results wait for their acknowledgement, as the consumer thread sees it when it looks, which is every
/// second: what is acknowledged between two looks costs nothing.
struct Unacknowledged {
    private var since: [UInt64: MonotonicTime] = [:]

    /// - Parameter waiting: the tokens of the requests whose result was handed over and is not acknowledged.
    /// - Returns: since when the oldest waits; nil where none does.
    mutating func look(_ waiting: some Sequence<UInt64>, at now: MonotonicTime) -> MonotonicTime? {
        var seen: [UInt64: MonotonicTime] = [:]
        for token in waiting { seen[token] = since[token] ?? now }
        since = seen
        return since.values.min()
    }
}
