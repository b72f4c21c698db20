/// How many runs of a record have failed.
package struct FailureMark: Equatable, Sendable {
    package let offset: Int64
    /// Of the record, what is kept of it: a log that holds another one there is another.
    package let digest: UInt32
    package let count: UInt8

    package init(offset: Int64, digest: UInt64, count: UInt8) {
        self.offset = offset
        self.digest = UInt32(truncatingIfNeeded: digest)
        self.count = count
    }

    package func isOf(_ digest: UInt64) -> Bool { UInt32(truncatingIfNeeded: digest) == self.digest }
}

/// How often records of one partition have failed that are not done: taken already, or said by a commit and not taken yet.
struct FailedRecords: Sendable {
    private var marks: [Int64: FailureMark] = [:]

    var isEmpty: Bool { marks.isEmpty }
    /// In the order of their offsets.
    var all: [FailureMark] { marks.values.sorted { $0.offset < $1.offset } }

    func count(at offset: Int64) -> Int { marks[offset].map { Int($0.count) } ?? 0 }

    mutating func note(_ mark: FailureMark) { if mark.count > 0 { marks[mark.offset] = mark } }

    /// A record is taken: another one than what has failed at its offset has not.
    mutating func take(_ offset: Int64, digest: UInt64) {
        if let mark = marks[offset], !mark.isOf(digest) { marks[offset] = nil }
    }

    mutating func forget(_ offset: Int64) { marks[offset] = nil }
    mutating func forget(below offset: Int64) { marks = marks.filter { $0.key >= offset } }
    mutating func forget(from offset: Int64) { marks = marks.filter { $0.key < offset } }
}
