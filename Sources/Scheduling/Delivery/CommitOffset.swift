/// The offset to commit: that of the *next* record to read, one past the last that is done.
package struct CommitOffset: Comparable, Hashable, Sendable {
    package let value: Int64

    package init(after offset: Int64) { value = offset + 1 }
    package init(at offset: Int64) { value = offset }

    package static func < (a: CommitOffset, b: CommitOffset) -> Bool { a.value < b.value }
}

/// One partition's part of a commit, and the assignment that it speaks for.
package struct PartitionCommit: Equatable, Sendable {
    package let partition: Int32
    package let generation: Int
    package let position: CommitOffset
    /// What is done above the position, as `CommitMetadataCodec` writes it; nil: nothing.
    package let metadata: String?
    /// Of two commits of one generation, the one with the larger version says more.
    package let version: UInt64
}
