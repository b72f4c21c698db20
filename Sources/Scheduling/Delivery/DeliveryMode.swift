/// How often a result may be seen.
package enum DeliveryMode: Equatable, Sendable {
    /// A request that ran or was not committed in a crash has two results.
    case atLeastOnce
    /// Who reads what is committed sees one result of a request: results, dead letters and commits are in transactions.
    case exactlyOnce(TransactionSettings)
}

/// What a transaction may take.
package struct TransactionSettings: Equatable, Sendable {
    /// From the beginning of one to that of the next, unless there is enough for one before.
    package var intervalMs: Int
    /// After so long the broker aborts one by itself.
    package var timeoutMs: Int
    /// With so many results one begins though its time has not come.
    package var enoughRequests: Int
    /// What the messages of one may have in bytes, all together; a request whose messages are larger has one for itself.
    package var mostBytes: Int
    /// That of the first transaction; each has the next one. Of no two producers the same, wherever they run.
    package var firstMark: TransactionMark

    package init(
        intervalMs: Int = 100, timeoutMs: Int = 10_000, enoughRequests: Int = 1000, mostBytes: Int = 8 << 20,
        firstMark: TransactionMark
    ) {
        self.intervalMs = intervalMs
        self.timeoutMs = timeoutMs
        self.enoughRequests = enoughRequests
        self.mostBytes = mostBytes
        self.firstMark = firstMark
    }
}
