/// What the group, a broker or librdkafka tells a consumer.
package enum ConsumerEvent: Sendable, Equatable {
    /// Partitions are given to this member. Answer with `KafkaConsumer.assign`, an empty list too.
    case assign([Int32])
    /// Partitions are taken back. Answer with `KafkaConsumer.unassign`, an empty list too, once they are given up.
    /// `lost`: another member may have them already; a commit would be refused.
    case revoke([Int32], lost: Bool)
    /// The group could not share out its partitions: nothing is held any more. Answer as to a revocation of all.
    case rebalanceFailed(KafkaFailure)
    /// What became of one `KafkaConsumer.commit`, named by the number that was given to it.
    case committed([CommitResult], of: UInt64)
    /// What `KafkaConsumer.askCommitted` asked for, named by the number that was given to it; or why there is no answer.
    case committedBefore([CommittedOffset], failure: KafkaFailure?, of: UInt64)
    /// A partition's next offset is no longer (or not yet) there, so librdkafka goes to the low watermark.
    /// `expected` is where reading should have gone on, where known; the first record taken next names the gap.
    case offsetOutOfRange(partition: Int32, expected: Int64?, message: String)
    case failure(KafkaFailure)
    /// A line of librdkafka's own log. `level` is syslog's: 0 emergency … 7 debug.
    case log(level: Int32, facility: String, message: String)
    /// librdkafka's statistics, JSON, every `statistics.interval.ms`.
    case statistics(String)
}

/// Where reading a partition begins.
package struct PartitionStart: Sendable, Equatable {
    package let partition: Int32
    /// The next offset to read; nil: what the group committed, and where there is nothing the earliest.
    package let offset: Int64?

    package init(partition: Int32, offset: Int64? = nil) {
        self.partition = partition
        self.offset = offset
    }
}

/// One partition's part of a commit.
package struct CommitEntry: Sendable, Equatable {
    package let partition: Int32
    /// The first offset that is not done.
    package let nextOffset: Int64
    /// Lies beside the offset on the broker (4096 bytes by default there). An empty text comes back as nil.
    package let metadata: String?

    package init(partition: Int32, nextOffset: Int64, metadata: String? = nil) {
        self.partition = partition
        self.nextOffset = nextOffset
        self.metadata = metadata
    }
}

/// What the broker said to one partition's part of a commit.
package struct CommitResult: Sendable, Equatable {
    package let partition: Int32
    package let nextOffset: Int64
    /// nil: the broker has it.
    package let failure: KafkaFailure?
}

/// What the group has committed for one partition.
package struct CommittedOffset: Sendable, Equatable {
    package let partition: Int32
    /// nil: nothing committed.
    package let nextOffset: Int64?
    package let metadata: String?
    package let failure: KafkaFailure?
}

/// The first offset a partition still has, and the one its next record will get.
package struct Watermarks: Sendable, Equatable {
    package let low: Int64
    package let high: Int64

    package init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }

    /// Where a group member begins that goes on at `committed`.
    package func start(committed: Int64?) -> Int64 { high - toRead(from: committed) }

    /// How many offsets a group member would still read that goes on at `committed`: one without a committed offset,
    /// and one whose offset the log does not hold (any more, or yet), begins at the first there is.
    package func toRead(from committed: Int64?) -> Int64 {
        guard let committed, (low...max(low, high)).contains(committed) else { return max(0, high - low) }
        return high - committed
    }
}

/// From where to where a partition has records.
package struct PartitionExtent: Sendable, Equatable {
    package let marks: Watermarks
    /// Before this offset every transaction has ended: a node reads so far. The end, where none is open.
    package let stableEnd: Int64

    package init(marks: Watermarks, stableEnd: Int64) {
        self.marks = marks
        self.stableEnd = stableEnd
    }
}

/// What one `KafkaConsumer.take` brought.
package struct TakeResult: Sendable, Equatable {
    package var records = 0
    /// Of keys and values.
    package var bytes = 0
    /// True where the partition's queue was empty at the end: only then does its next record wake the caller.
    package var isDrained = false
    /// The last error that came in place of a record.
    package var failure: KafkaFailure?
}
