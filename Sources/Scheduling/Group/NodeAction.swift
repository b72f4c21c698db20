/// What a node is to do: with its consumer, its hosts, its log. What is decided is decided before it is done, and what
/// comes of it comes back as an input.
package enum NodeAction: Equatable, Sendable {
    // The consumer.
    case assign([Int32])
    case unassign([Int32])
    /// What is prefetched of the partitions is kept, and handed out before anything that is fetched later.
    case pause([Int32])
    /// Only what is paused.
    case resume([Int32])
    /// Reads the partition from this offset again.
    case seek(Int32, to: Int64)
    /// Asks what the group has committed of these partitions; answered by `NodeInput.committedBefore`.
    case askCommitted([Int32], number: UInt64)
    /// Answered by `NodeInput.commitAnswered`.
    case commit([PartitionCommit], number: UInt64)
    /// Leaves the group.
    case leave

    /// Asked of the producer of transactions; answered by `NodeInput.transactionAnswered`.
    case transaction(TransactionCall, number: UInt64)
    /// These requests are done: `NodeCore.takeSettled` has them.
    case settled
    /// The messages of these requests are not to be published: others have their partitions, or they are done.
    case dropMessages([UInt64])

    // The slots.
    case wake([Int])
    case wakeAllSlots
    /// Ends the hosts of these slots.
    case endHosts([Int])
    /// Ends every host, and publishes nothing any more of what they still answer.
    case abandonRunning

    case tell(NodeNotice)
}

/// What has happened, for the log, the metrics and the events.
package enum NodeNotice: Equatable, Sendable {
    case assigned([Int32])
    case revoked([Int32], isLost: Bool)
    /// They are another member's from now on.
    case gaveUp([Int32], isLost: Bool)
    case paused([Int32], depth: Int)
    case resumed([Int32])
    case draining(running: Int, abandoned: Int)
    /// What still runs is given up.
    case drainOver(requests: Int)
    /// What a commit's metadata say is not to be believed.
    case metadataIgnored(Int32, CommitMetadataCodec.Problem)
    /// Nobody has said what is done above the committed offsets: some of it may run again.
    case metadataUnknown([Int32])
    /// From this offset on the log is another than it was thought to be.
    case logChanged(Int32, from: Int64)
    /// Nothing more is taken of the partition: what is done above its committed offset would not fit into the commit.
    case metadataFull(Int32)
    /// It does again, and the partition is taken from.
    case metadataFits(Int32)
    case transactionEnded(TransactionEnd, requests: Int)
    /// Another producer has the node's transactional id.
    case transactionFenced
}

/// How a transaction ended, in the words of the label `outcome` of its metric.
package enum TransactionEnd: String, CaseIterable, Equatable, Sendable {
    case committed, aborted
    /// Nobody has said which; that is found out.
    case unresolved
}
