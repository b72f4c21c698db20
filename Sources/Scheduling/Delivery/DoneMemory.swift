/// What is done of one partition, though no commit says so: offsets, each with the digest of its record.
///
/// An offset alone would say the same of another record that a log holds there after it was cut or made anew.
struct DoneMemory: Sendable {
    private var digests: [Int64: UInt64] = [:]
    /// When the partition was last given up; nil while it never was.
    private var givenUpAt: MonotonicTime?

    enum Recalled {
        case unknown
        case done
        /// Another record was done at this offset: the log is another from here on.
        case another
    }

    var isEmpty: Bool { digests.isEmpty }

    func isOlder(than milliseconds: Int, at now: MonotonicTime) -> Bool {
        givenUpAt.map { now.milliseconds(since: $0) > Double(milliseconds) } ?? false
    }

    mutating func add(_ offset: Int64, digest: UInt64) { digests[offset] = digest }

    /// The partition was given up with this done and not committed.
    mutating func add(_ done: [(offset: Int64, digest: UInt64)], at now: MonotonicTime) {
        givenUpAt = now
        for (offset, digest) in done { digests[offset] = digest }
    }

    /// What is known of a record, which its ledger has from now on.
    mutating func recall(_ offset: Int64, digest: UInt64) -> Recalled {
        guard let known = digests.removeValue(forKey: offset) else { return .unknown }
        return known == digest ? .done : .another
    }

    mutating func forget(below offset: Int64) { digests = digests.filter { $0.key >= offset } }
    mutating func forget(from offset: Int64) { digests = digests.filter { $0.key < offset } }
}
