/// What the metadata of a commit say beside its offset.
package struct CommitMetadata: Equatable, Sendable {
    /// What is done above the offset, and what may be.
    package var maps: [DoneMap] = []
    /// What is not done and has failed, in the order of its offsets.
    package var failures: [FailureMark] = []

    package init(maps: [DoneMap] = [], failures: [FailureMark] = []) {
        self.maps = maps
        self.failures = failures
    }
}

/// How many runs of a record have failed.
package struct FailureMark: Equatable, Sendable {
    package let offset: Int64
    /// Of the record, what is kept of it: a log that holds another one there is another.
    package let digest: UInt32
    package let count: UInt8

    package init(offset: Int64, digest: UInt64, count: UInt8) {
        self.offset = offset
        self.digest = UInt32(truncatingIfNeeded: digest)
        self.count = count
    }

    package func isOf(_ digest: UInt64) -> Bool { UInt32(truncatingIfNeeded: digest) == self.digest }
}
