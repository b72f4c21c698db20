import Glibc

/// Collects frames and writes as many of them as possible with one call.
struct FrameWriter: ~Copyable {
    enum Delivery {
        case complete
        case partial
        case failed(errno: Int32)
    }

    private let framing: HostFraming
    private var buffer = RawBuffer(capacity: 64 << 10)
    /// Bytes written since the writer was last empty and appended to.
    private(set) var deliveredBytes = 0

    init(framing: HostFraming) {
        self.framing = framing
    }

    var isEmpty: Bool { buffer.count == 0 }

    mutating func append(_ payload: [UInt8]) {
        if isEmpty { deliveredBytes = 0 }
        switch framing {
        case .lengthPrefixed:
            unsafe withUnsafeBytes(of: UInt32(truncatingIfNeeded: payload.count).littleEndian) {
                unsafe buffer.append($0)
            }
            unsafe payload.withUnsafeBytes { unsafe buffer.append($0) }
        case .lines:
            buffer.reserve(payload.count + 1)
            let room = unsafe buffer.room
            for (index, byte) in payload.enumerated() {
                unsafe room[index] = byte == 0x0A || byte == 0x0D ? 0x20 : byte
            }
            unsafe room[payload.count] = 0x0A
            buffer.extend(by: payload.count + 1)
        }
    }

    /// Writes until all is gone, or a non-blocking descriptor takes no more.
    mutating func flush(to descriptor: Int32) -> Delivery {
        while !isEmpty {
            let written = unsafe write(descriptor, buffer.bytes.baseAddress, buffer.count)
            if written >= 0 {
                buffer.consume(written)
                deliveredBytes += written
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .partial
            default: return .failed(errno: errno)
            }
        }
        return .complete
    }
}
