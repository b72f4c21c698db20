import Glibc

/// Takes frames out of the bytes a descriptor delivers.
struct FrameReader: ~Copyable {
    enum Receipt {
        case bytes
        case nothingYet
        case end
        case failed(errno: Int32)
    }

    enum Frame {
        case payload([UInt8])
        case incomplete
        case tooLong(Int)
        case broken(String)
    }

    private let framing: HostFraming
    private var buffer = RawBuffer(capacity: 64 << 10)
    /// How many bytes at the start are known to hold no line feed.
    private var scanned = 0

    init(framing: HostFraming) {
        self.framing = framing
    }

    /// Bytes that have come and are in no frame yet.
    var pendingBytes: Int { buffer.count }

    /// One read of whatever is there.
    mutating func receive(from descriptor: Int32) -> Receipt {
        if unsafe buffer.room.isEmpty { buffer.reserve(max(buffer.count, 64 << 10)) }
        while true {
            let received = unsafe read(descriptor, buffer.room.baseAddress, buffer.room.count)
            if received > 0 {
                buffer.extend(by: received)
                return .bytes
            }
            if received == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothingYet
            default: return .failed(errno: errno)
            }
        }
    }

    /// How many whole frames have come and are not taken yet; of lines, how many that are surely replies.
    var wholeFrames: Int {
        switch framing {
        case .lengthPrefixed: wholeLengthPrefixed
        case .lines: wholeReplies(atMost: .max)
        }
    }

    /// Whether there is one.
    var hasWholeFrame: Bool {
        switch framing {
        case .lengthPrefixed: wholeLengthPrefixed > 0
        case .lines: wholeReplies(atMost: 1) > 0
        }
    }

    private var wholeLengthPrefixed: Int {
        let bytes = unsafe buffer.bytes
        var (frames, end) = (0, 0)
        while bytes.count - end >= 4 {
            let length = unsafe Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)))
            guard length <= HostFraming.maximumPayload, bytes.count - end >= 4 + length else { break }
            end += 4 + length
            frames += 1
        }
        return frames
    }

    /// Between replies may stand lines for the log and demands for locks. What may be one ends the count: a reply that is
    /// taken to be there and is not would make a step that runs one that has ended.
    private func wholeReplies(atMost most: Int) -> Int {
        let bytes = unsafe buffer.bytes
        var (replies, start) = (0, 0)
        while replies < most, unsafe Self.beginsReply(bytes[start...]),
            let feed = unsafe memchr(buffer.first + start, 0x0A, bytes.count - start)
        {
            start = unsafe UnsafeRawPointer(feed) - buffer.first + 1
            replies += 1
        }
        return replies
    }

    private static func beginsReply(_ line: Slice<UnsafeRawBufferPointer>) -> Bool {
        replyBeginnings.contains { unsafe line.starts(with: $0) }
    }

    private static let replyBeginnings = [Array(#"{"request_id":"#.utf8), Array(#"{"status":"#.utf8)]

    /// The next frame, if it is there as a whole.
    mutating func next() -> Frame {
        switch framing {
        case .lengthPrefixed: nextLengthPrefixed()
        case .lines: nextLine()
        }
    }

    private mutating func nextLengthPrefixed() -> Frame {
        guard buffer.count >= 4 else { return .incomplete }
        let length = unsafe Int(UInt32(littleEndian: buffer.bytes.loadUnaligned(as: UInt32.self)))
        guard length > 0 else { return .broken("a frame without content") }
        guard length <= HostFraming.maximumPayload else { return .tooLong(length) }
        guard buffer.count >= 4 + length else {
            buffer.reserve(4 + length - buffer.count)
            return .incomplete
        }
        let payload = unsafe [UInt8](buffer.bytes[4..<(4 + length)])
        buffer.consume(4 + length)
        return .payload(payload)
    }

    private mutating func nextLine() -> Frame {
        let bytes = unsafe buffer.bytes
        guard let feed = unsafe memchr(buffer.first + scanned, 0x0A, bytes.count - scanned) else {
            scanned = bytes.count
            return scanned > HostFraming.maximumPayload ? .tooLong(scanned) : .incomplete
        }
        let length = unsafe UnsafeRawPointer(feed) - buffer.first
        guard length <= HostFraming.maximumPayload else { return .tooLong(length) }
        let hasReturn = unsafe length > 0 && bytes[length - 1] == 0x0D
        let payload = unsafe [UInt8](bytes[..<(hasReturn ? length - 1 : length)])
        buffer.consume(length + 1)
        scanned = 0
        return payload.isEmpty ? .broken("an empty line") : .payload(payload)
    }
}
