/// What a producer of transactions is asked for. One call at a time.
package enum TransactionCall: Equatable, Sendable {
    /// A producer under the node's transactional id: what an earlier one has left open is decided when that is there.
    /// - Parameter isNew: in the place of the one in use, if there is any; else what has begun goes on.
    case open(isNew: Bool)
    /// Begins a transaction, and puts the messages of these requests into it.
    case begin([UInt64])
    /// Puts commits into it, as those of the member that the node is in its group at this moment.
    case addOffsets([PartitionCommit])
    case commit
    case abort

    /// Whether a transaction is under way that it is about.
    var isOfTransaction: Bool {
        if case .open = self { false } else { true }
    }
}

/// What came of a call.
package enum TransactionAnswer: CaseIterable, Equatable, Sendable {
    case done
    /// Nothing is decided yet: the same call goes on where this one stopped.
    case again
    /// The transaction can only be aborted.
    case abortable
    /// Another producer has the transactional id, or the broker has ended the transaction because it took too long.
    case fenced
    /// The producer can do no more.
    case fatal
}

/// What the group has committed of one partition.
package struct StoredCommit: Equatable, Sendable {
    package let position: Int64?
    package let metadata: String?

    package init(position: Int64?, metadata: String?) {
        self.position = position
        self.metadata = metadata
    }

    /// Whether this transaction made it.
    func isOf(_ transaction: TransactionMark) -> Bool {
        metadata.flatMap { try? CommitMetadataCodec.decode($0) }?.transaction == transaction
    }
}
