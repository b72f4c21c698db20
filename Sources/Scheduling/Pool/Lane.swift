/// In which order requests run.
package enum Ordering: String, Sendable, CaseIterable {
    /// As slots come free.
    case unordered
    /// Those of one partition with the same key one after the other; one without a key waits for none.
    case key
    /// Those of one partition one after the other.
    case partition

    /// The lane of a record; nil where it waits for no other.
    package func lane(partition: Int32, key: [UInt8]?) -> Lane? {
        switch self {
        case .unordered: return nil
        case .key:
            guard let key else { return nil }
            // Two keys of one hash run one after the other for nothing, which does no harm.
            var hasher = Hasher()
            unsafe key.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
            return Lane(partition: partition, key: hasher.finalize())
        case .partition: return Lane(partition: partition)
        }
    }
}

/// What runs one after the other, in the order of its offsets: the requests of a partition, or those of them with one key.
package struct Lane: Hashable, Sendable {
    package let partition: Int32
    /// The key's hash; nil: all keys.
    package let key: Int?

    package init(partition: Int32, key: Int? = nil) {
        self.partition = partition
        self.key = key
    }

    /// In one piece: a queue's lanes are looked up again and again.
    package func hash(into hasher: inout Hasher) { hasher.combine((key ?? 0) ^ Int(partition)) }
}
