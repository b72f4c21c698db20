/// What is done of one partition that this node has no more, though perhaps no commit says so.
struct DoneMemory: Sendable {
    /// What was done of it when it was given up; it goes to its next ledger.
    private(set) var maps: [DoneMap] = []
    /// What has been acknowledged since, by offset, each with the digest of its record.
    private var late: [Int64: UInt64] = [:]
    /// When the partition was last given up; nil while it never was.
    private var givenUpAt: MonotonicTime?

    enum Recalled {
        case unknown
        case done
        /// Another record was done at this offset: the log is another from here on.
        case another
    }

    var isEmpty: Bool { late.isEmpty && maps.isEmpty }

    func isOlder(than milliseconds: Int, at now: MonotonicTime) -> Bool {
        givenUpAt.map { now.milliseconds(since: $0) > Double(milliseconds) } ?? false
    }

    mutating func add(_ offset: Int64, digest: UInt64) { late[offset] = digest }

    /// The partition was given up with this done and not committed.
    mutating func add(_ done: [DoneMap], at now: MonotonicTime) {
        givenUpAt = now
        maps += done
    }

    mutating func takeMaps() -> [DoneMap] {
        defer { maps = [] }
        return maps
    }

    /// What is known of a record, which its ledger has from now on.
    mutating func recall(_ offset: Int64, digest: UInt64) -> Recalled {
        guard let known = late.removeValue(forKey: offset) else { return .unknown }
        return known == digest ? .done : .another
    }

    mutating func forget(below offset: Int64) { if !late.isEmpty { late = late.filter { $0.key >= offset } } }
    mutating func forget(from offset: Int64) { late = late.filter { $0.key < offset } }
}
