extension PartitionLedger {
    /// What a record is that Kafka hands out.
    package enum Taken: Equatable, Sendable {
        case new
        /// An earlier assignment says that it is done; it counts as such, and no commit passes it until that is known
        /// to be of this log.
        case claimed
        /// It is done: an earlier assignment has said so, of this very log.
        case done
        /// The very record has been taken before: the client rewound.
        case repeated
        /// The log has been cut or made anew, and what the ledger holds from this offset on is about one that is gone.
        case ofAnotherLog(from: Int64)
    }
}
