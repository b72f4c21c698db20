import Messages

/// A commit's metadata as text: `done1:` and, in base 64 (RFC 4648), a checksum and the done maps; or `done2:`, which has
/// the records that have failed behind them; or `done3:`, which has the mark of a transaction before all. A reader of an
/// earlier version knows that it does not know a later one.
///
/// A map is a byte that says its form; the offset of the first record that is known and its digest; the digest of the
/// last done one; the first done offset; and what is done, as lengths of runs or as bits, whichever is shorter. Numbers
/// are in LEB128, digests in eight bytes, the low one first.
///
/// What has failed is a byte that says so and how many there are; of each the offset, less that of the one before, four
/// bytes of its digest, and how often it has failed.
///
/// A transaction's mark is a byte that says so, and eight.
package enum CommitMetadataCodec {
    /// Why a commit's metadata says nothing that can be believed.
    package enum Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// Another program's.
        case foreign
        /// Of a later version of this one.
        case newer(String)
        case damaged(String)

        package var description: String {
            switch self {
            case .foreign: "it is another program's"
            case .newer(let version):
                "it is of version \(version), and this node reads up to version \(CommitMetadataCodec.newest)"
            case .damaged(let what): "it is damaged: \(what)"
            }
        }
    }

    /// Of the text; brokers take 4,096 (`offset.metadata.max.bytes`).
    package static let mostBytes = 4000
    private static let mark = "done"
    fileprivate static let newest = "3"
    private static let versions = ["1", "2", "3"]
    private static let checksumBytes = 4
    /// Three bytes of content are four of text.
    private static var mostContent: Int {
        (mostBytes - mark.utf8.count - newest.utf8.count - 1) / 4 * 3 - checksumBytes
    }

    /// The forms.
    private static let lengths: UInt8 = 0
    private static let bits: UInt8 = 1
    private static let failed: UInt8 = 2
    private static let transaction: UInt8 = 3

    /// The text that says what these maps say: each by itself, so that each is believed by itself. Where they are too much
    /// together, all of them in one: what that does not have is part of what the longest of them did not have, which was
    /// bounded (`surelyFits`). Where that is too much, the first ones; nil where nothing is left. What has failed has what
    /// room they leave: of that, the first. A transaction's mark always has its room.
    package static func encode(
        _ maps: [DoneMap], failures: [FailureMark] = [], transaction: TransactionMark? = nil,
        atMost most: Int = mostContent
    ) -> String? {
        let head = transaction.map { [Self.transaction] + littleEndian($0.value, 8) } ?? []
        let bytes = most - head.count
        var content = maps.flatMap { encode($0) }
        if content.count > bytes, let united = DoneMap(uniting: maps), !PlantedBug.forgetsClaims.isPlanted {
            content = encode(united)
        }
        if content.count > bytes {
            content = []
            for more in maps.map({ encode($0) }) {
                guard content.count + more.count <= bytes else { break }
                content += more
            }
        }
        let marks = encode(failures, atMost: bytes - content.count)
        content += marks
        guard head.isEmpty else { return text(ofContent: head + content, version: newest) }
        return content.isEmpty ? nil : text(ofContent: content, version: marks.isEmpty ? "1" : "2")
    }

    static func text(ofContent content: [UInt8], version: String = "1") -> String {
        let sum = littleEndian(UInt64(checksum(content[...])), checksumBytes)
        return "\(mark)\(version):" + Base64.encode(sum + content)
    }

    /// Whether a ledger's map fits for certain, in whatever order what is not done of it becomes so.
    ///
    /// - Parameters:
    ///   - span: offsets from the committed one to the last that is taken.
    ///   - notDone: how many of them are not done.
    static func surelyFits(span: Int64, notDone: Int) -> Bool {
        // 50 bytes for what is not the runs; between those not done there is a run at most, of two lengths.
        let room = Int64(mostContent - 50)
        return span / 8 + 1 <= room || Int64(notDone + 1) * 2 * lengthBytes(span) <= room
    }

    private static func lengthBytes(_ length: Int64) -> Int64 { Int64(70 - max(0, length).leadingZeroBitCount) / 7 }

    /// - Throws: why the text is to be ignored. It may be anybody's: nothing in it is believed without a look.
    package static func decode(_ text: String) throws(Problem) -> CommitMetadata {
        let text = Array(text.utf8)
        guard text.count <= mostBytes, text.starts(with: mark.utf8) else { throw .foreign }
        let rest = text.dropFirst(mark.utf8.count)
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")), rest[..<colon].count <= 4,
            let number = UInt(String(decoding: rest[..<colon], as: UTF8.self))
        else { throw .foreign }
        guard versions.contains(String(number)) else { throw .newer(String(number)) }
        guard let bytes = Base64.decode(Array(rest[(colon + 1)...])) else { throw .damaged("no base 64") }
        var reader = ByteReader(bytes)
        let content = bytes.dropFirst(checksumBytes)
        guard let sum = reader.littleEndian(checksumBytes), sum == UInt64(checksum(content)) else {
            throw .damaged("its checksum is another")
        }
        var metadata = CommitMetadata()
        while let form = reader.byte() {
            if form == transaction {
                guard metadata.transaction == nil, let mark = reader.littleEndian(8) else {
                    throw .damaged("its transaction is none")
                }
                metadata.transaction = TransactionMark(mark)
            } else if form == failed {
                guard let marks = decodeFailures(&reader), reader.isAtEnd else {
                    throw .damaged("what it says to have failed is nothing")
                }
                metadata.failures = marks
            } else {
                guard let map = decode(&reader, form) else {
                    throw .damaged("map \(metadata.maps.count + 1) is none")
                }
                metadata.maps.append(map)
            }
        }
        return metadata
    }

    // MARK: What has failed

    private static func encode(_ marks: [FailureMark], atMost bytes: Int) -> [UInt8] {
        var content: [UInt8] = []
        var (count, last) = (UInt64(0), Int64(0))
        for mark in marks {
            var entry: [UInt8] = []
            append(UInt64(mark.offset - last), to: &entry)
            entry += littleEndian(UInt64(mark.digest), 4) + [mark.count]
            // The form and the count are four bytes at most.
            guard content.count + entry.count + 4 <= bytes else { break }
            content += entry
            (count, last) = (count + 1, mark.offset)
        }
        guard count > 0 else { return [] }
        var head = [failed]
        append(count, to: &head)
        return head + content
    }

    private static func decodeFailures(_ reader: inout ByteReader) -> [FailureMark]? {
        guard let count = reader.offset(), count <= reader.left else { return nil }
        var marks: [FailureMark] = []
        var last: Int64 = 0
        for _ in 0..<count {
            guard let gap = reader.offset(), let digest = reader.littleEndian(4), let failures = reader.byte() else {
                return nil
            }
            let (offset, isTooFar) = last.addingReportingOverflow(gap)
            guard !isTooFar, offset < .max, failures > 0 else { return nil }
            marks.append(FailureMark(offset: offset, digest: digest, count: failures))
            last = offset
        }
        return marks
    }

    // MARK: One map

    private static func encode(_ map: DoneMap) -> [UInt8] {
        let lengths = lengths(map)
        let bits = bits(map, shorterThan: lengths.count)
        var bytes = [bits == nil ? Self.lengths : Self.bits]
        append(UInt64(map.first.offset), to: &bytes)
        bytes += littleEndian(map.first.digest, 8) + littleEndian(map.last.digest, 8)
        append(UInt64(map.runs[0].lowerBound), to: &bytes)
        return bytes + (bits ?? lengths)
    }

    /// How many runs, and of each its length less one, with what lies between, less one, before all but the first.
    private static func lengths(_ map: DoneMap) -> [UInt8] {
        var bytes: [UInt8] = []
        append(UInt64(map.runs.count), to: &bytes)
        var end: Int64?
        for run in map.runs {
            if let end { append(UInt64(run.lowerBound - end - 2), to: &bytes) }
            append(UInt64(run.upperBound - run.lowerBound), to: &bytes)
            end = run.upperBound
        }
        return bytes
    }

    /// How many bytes, and in them a bit for each offset from the first on; nil where that is not less than so many.
    private static func bits(_ map: DoneMap, shorterThan most: Int) -> [UInt8]? {
        let first = map.runs[0].lowerBound
        let span = map.last.offset - first
        // Looked at first: a long run costs nothing as a length, and much as bits.
        guard span / 8 + 3 < most else { return nil }
        var bits = [UInt8](repeating: 0, count: Int(span / 8) + 1)
        for run in map.runs {
            for offset in run { bits[Int((offset - first) / 8)] |= 1 << UInt8((offset - first) % 8) }
        }
        var bytes: [UInt8] = []
        append(UInt64(bits.count), to: &bytes)
        return bytes + bits
    }

    private static func decode(_ reader: inout ByteReader, _ form: UInt8) -> DoneMap? {
        guard form <= bits, let first = reader.offset(),
            let firstDigest = reader.littleEndian(8), let lastDigest = reader.littleEndian(8),
            let begin = reader.offset(),
            let runs = form == bits ? runsOfBits(&reader, begin) : runsOfLengths(&reader, begin),
            let end = runs.last?.upperBound
        else { return nil }
        return DoneMap(
            first: LogMark(offset: first, digest: firstDigest), runs: runs,
            last: LogMark(offset: end, digest: lastDigest))
    }

    private static func runsOfLengths(_ reader: inout ByteReader, _ first: Int64) -> [ClosedRange<Int64>]? {
        // Each run is a byte at least: no count costs more than what is there.
        guard let count = reader.offset(), count <= reader.left else { return nil }
        var runs: [ClosedRange<Int64>] = []
        for number in 0..<count {
            guard let gap = number == 0 ? 0 : reader.offset(), let length = reader.offset() else { return nil }
            let (start, isTooFar) = (runs.last?.upperBound ?? first - 2).addingReportingOverflow(gap &+ 2)
            let (end, isTooLong) = start.addingReportingOverflow(length)
            // One before the largest, so that there is an offset after it.
            guard gap < .max - 2, !isTooFar, !isTooLong, end < .max else { return nil }
            runs.append(start...end)
        }
        return runs
    }

    private static func runsOfBits(_ reader: inout ByteReader, _ first: Int64) -> [ClosedRange<Int64>]? {
        guard let count = reader.offset(), count <= reader.left, let bits = reader.bytes(Int(count)),
            first < .max - count * 8
        else { return nil }
        var runs: [ClosedRange<Int64>] = []
        var start: Int64?
        for place in 0...count * 8 {
            let isDone = place < count * 8 && bits[bits.startIndex + Int(place / 8)] >> UInt8(place % 8) & 1 == 1
            if isDone, start == nil { start = first + place }
            if !isDone, let begin = start {
                runs.append(begin...first + place - 1)
                start = nil
            }
        }
        return runs
    }

    // MARK: Numbers

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var left = number
        while left >= 0x80 {
            bytes.append(UInt8(left & 0x7F) | 0x80)
            left >>= 7
        }
        bytes.append(UInt8(left))
    }

    private static func littleEndian(_ number: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }

    /// FNV-1a of 32 bits (Fowler, Noll, Vo): guards against mistakes, not against attackers.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
