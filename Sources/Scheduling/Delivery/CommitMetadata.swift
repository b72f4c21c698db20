/// What the metadata of a commit say beside its offset.
package struct CommitMetadata: Equatable, Sendable {
    /// What is done above the offset, and what may be.
    package var maps: [DoneMap] = []
    /// What is not done and has failed, in the order of its offsets.
    package var failures: [FailureMark] = []
    /// Which transaction made the commit, if any did.
    package var transaction: TransactionMark?

    package init(maps: [DoneMap] = [], failures: [FailureMark] = [], transaction: TransactionMark? = nil) {
        self.maps = maps
        self.failures = failures
        self.transaction = transaction
    }
}

/// Tells the commits of one transaction from those of all others: who does not know what became of it sees by them
/// whether it is there.
package struct TransactionMark: Equatable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }
}
