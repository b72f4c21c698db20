/// What a node hears from its group, its brokers and its supervisor.
package enum NodeInput: Sendable {
    /// The group gives partitions to this node.
    case assigned([Int32], isCooperative: Bool)
    /// The group takes partitions back. `isLost`: another member may have them already.
    case revoked([Int32], isLost: Bool)
    /// What the group has committed, by partition; or no answer.
    case committedBefore([Int32: StoredCommit]?, number: UInt64)
    /// A commit was answered: these partitions' parts are stored.
    case commitAnswered(number: UInt64, stored: Set<Int32>, hasFailure: Bool)
    /// A call to the producer of transactions is answered.
    /// - Parameter hasRefusal: a broker or the client has refused messages of the transaction for what they are.
    case transactionAnswered(number: UInt64, TransactionAnswer, hasRefusal: Bool)
    /// The partition is read on from elsewhere than it should be: its log is another, or another part of it.
    case logReset(Int32)
    /// Where the logs of partitions end, as far as the client has heard.
    case ends([Int32: Int64])
    /// Up to where partitions hold no record that was not handed out to the core: what lies prefetched, or is kept from
    /// a pause, was not.
    case positions([Int32: Int64])
    /// What lies prefetched of the partitions in question.
    case prefetched([Int32: PartitionPrefetch])
    /// The supervisor wants the node to end; what runs may take so long.
    case stop(drainMs: Int)
    /// The node can do no more: it ends without a drain.
    case fail
    /// Time has passed.
    case turn(Surroundings)

    /// What is true at this moment.
    package struct Surroundings: Sendable {
        /// Another member may have the partitions: a commit would be refused.
        package var assignmentLost: Bool
        /// The group has answered the node's leaving.
        package var isClosed: Bool

        package init(assignmentLost: Bool = false, isClosed: Bool = false) {
            self.assignmentLost = assignmentLost
            self.isClosed = isClosed
        }
    }
}
