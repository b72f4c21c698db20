internal import CRdKafka

/// A call about a transaction that was not done.
package struct TransactionFailure: Error, Sendable, Equatable {
    /// What follows from it.
    package enum Effect: Sendable, Equatable {
        /// Nothing is decided: the same call goes on where it stopped.
        case again
        /// The transaction can only be aborted.
        case abortable
        /// Another producer has the transactional id, or the broker has ended the transaction.
        case fenced
        /// The producer can do no more.
        case fatal
    }

    package let failure: KafkaFailure
    package let effect: Effect

    package init(_ failure: KafkaFailure, _ effect: Effect) {
        self.failure = failure
        self.effect = effect
    }

    /// Takes ownership of `error`.
    init(consuming error: OpaquePointer) {
        let isFatal = unsafe rd_kafka_error_is_fatal(error) != 0
        let isRetriable = unsafe rd_kafka_error_is_retriable(error) != 0
        let requiresAbort = unsafe rd_kafka_error_txn_requires_abort(error) != 0
        let failure = unsafe KafkaFailure(consuming: error)
        let isUnderWay = [
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS,
        ].contains { $0.rawValue == failure.code }
        let effect: Effect =
            if failure.kind == .fenced,
                !(requiresAbort && failure.code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID.rawValue)
            {
                // Of a static member the consumer says so itself.
                .fenced
            } else if isFatal {
                .fatal
            } else if requiresAbort {
                .abortable
            } else if isRetriable || isUnderWay {
                .again
            } else {
                // A call that does not fit the client's state, or one that a broker refuses whatever comes.
                .fatal
            }
        self.init(failure, effect)
    }
}

/// Who a consumer was in its group when this was asked for: what fences a commit of its transactions.
///
/// Safety: the handle is constant, and librdkafka only reads it.
@safe
package final class GroupMembership: @unchecked Sendable {
    fileprivate let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    deinit { unsafe rd_kafka_consumer_group_metadata_destroy(handle) }
}

extension KafkaConsumer {
    /// Who this consumer is in its group at this moment; nil where it is in none. A commit of nobody would be taken.
    package var membership: GroupMembership? {
        guard let name = unsafe rd_kafka_memberid(client) else { return nil }
        defer { unsafe rd_kafka_mem_free(client, name) }
        guard unsafe name.pointee != 0 else { return nil }
        return unsafe rd_kafka_consumer_group_metadata(client).map { unsafe GroupMembership($0) }
    }
}

extension GroupMembership {
    /// A member that no group has.
    package static func madeUp(in group: String) -> GroupMembership? {
        unsafe rd_kafka_consumer_group_metadata_new_with_genid(group, 1, "nobody", nil).map {
            unsafe GroupMembership($0)
        }
    }
}

/// Transactions, where the properties have a `transactional.id`. One thread makes these calls, one at a time; each blocks
/// up to its time. Deliveries have to be drained meanwhile, by another thread: a commit waits for that.
extension KafkaProducer {
    /// Makes the transactional id this producer's: a transaction that an earlier one has left open is decided by then.
    package func initTransactions(timeoutMs: Int32) throws(TransactionFailure) {
        try unsafe check(rd_kafka_init_transactions(client, timeoutMs))
    }

    /// What is produced from now on is in a transaction. Does not block.
    package func beginTransaction() throws(TransactionFailure) { try unsafe check(rd_kafka_begin_transaction(client)) }

    /// Commits these offsets with the transaction.
    ///
    /// - Parameters:
    ///   - topic: that the offsets are of.
    ///   - membership: whose commits they are; the group refuses those of a member that it has lost.
    package func addOffsets(
        _ entries: [CommitEntry], of topic: String, as membership: GroupMembership, timeoutMs: Int32
    ) throws(TransactionFailure) {
        let list = PartitionList(capacity: entries.count)
        for entry in entries {
            list.add(topic: topic, entry.partition, offset: entry.nextOffset, metadata: entry.metadata)
        }
        try unsafe check(rd_kafka_send_offsets_to_transaction(client, list.list, membership.handle, timeoutMs))
    }

    /// Commits what was produced, and the offsets, once all of it is acknowledged.
    package func commitTransaction(timeoutMs: Int32) throws(TransactionFailure) {
        try unsafe check(rd_kafka_commit_transaction(client, timeoutMs))
    }

    /// Nobody who reads what is committed will see what was produced.
    package func abortTransaction(timeoutMs: Int32) throws(TransactionFailure) {
        try unsafe check(rd_kafka_abort_transaction(client, timeoutMs))
    }

    private func check(_ error: OpaquePointer?) throws(TransactionFailure) {
        if let error = unsafe error { throw unsafe TransactionFailure(consuming: error) }
    }
}
