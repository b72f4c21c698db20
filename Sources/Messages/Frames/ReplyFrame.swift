/// What a built-in host answers: how the step went, when it ran, and the members of its result, which the node need not
/// read.
///
/// All numbers are little-endian; the first byte tells it from a reply in JSON, which every host may send as well:
///
/// | bytes | what |
/// |---|---|
/// | 0 | 1, the form of the frame |
/// | 1 | the status: 0 completed, 1 failed, 2 rejected |
/// | 2 | 1 where the error says that the request may be sent again |
/// | 3 | bytes of the error's code; 0 for a step that is completed |
/// | 4–7 | bytes of the error's message |
/// | 8–15 | the token of the step |
/// | 16–23, 24–31 | when it began and ended, on the machine's monotonic clock, in nanoseconds |
/// | from 32 | the code, the message, and the members as JSON text without braces |
package enum ReplyFrame {
    static let form: UInt8 = 1
    static let headerBytes = 32

    /// When a step ran, as its host says.
    package struct Times: Sendable {
        package let began: UInt64
        package let ended: UInt64

        package init(began: UInt64, ended: UInt64) {
            self.began = began
            self.ended = ended
        }
    }

    /// Whether the payload is such a frame.
    package static func isFrame(_ payload: [UInt8]) -> Bool { payload.first == form && payload.count >= headerBytes }

    /// - Returns: nil where the payload is a reply in JSON, which names no times.
    package static func times(of payload: [UInt8]) -> Times? {
        guard isFrame(payload) else { return nil }
        var reader = ByteReader(payload, at: 16)
        return Times(began: reader.next(UInt64.self), ended: reader.next(UInt64.self))
    }

    /// The step that a frame answers.
    static func token(of frame: [UInt8]) -> UInt64 {
        var reader = ByteReader(frame, at: 8)
        return reader.next(UInt64.self)
    }

    /// Reads a frame.
    ///
    /// - Throws: `JSONProblem` where it is none, or answers another step.
    static func read(_ payload: [UInt8], token expected: UInt64) throws(JSONProblem) -> HostReply {
        var reader = ByteReader(payload, at: 4)
        let (codeBytes, messageBytes) = (Int(payload[3]), Int(reader.next(UInt32.self)))
        let members = headerBytes + codeBytes + messageBytes
        guard let status = status(payload[1]), members <= payload.count else {
            throw JSONProblem(offset: 0, message: "the reply's frame is broken")
        }
        let token = reader.next(UInt64.self)
        guard token == expected else {
            throw JSONProblem(offset: 8, message: "it answers the step \(token), the one that runs is \(expected)")
        }
        guard status != .completed else {
            return HostReply(status: status, problem: nil, requestID: nil, members: payload[members...])
        }
        let message = headerBytes + codeBytes
        return HostReply(
            status: status,
            problem: HostReply.ReplyProblem(
                code: String(decoding: payload[headerBytes..<message], as: UTF8.self),
                message: String(decoding: payload[message..<members], as: UTF8.self), isRetryable: payload[2] == 1),
            requestID: nil, members: payload[members...])
    }

    /// The start of a completed step's reply, to which the members are appended. `setTimes` fills the rest in.
    package static func completed(token: UInt64) -> [UInt8] {
        var frame = [UInt8](repeating: 0, count: headerBytes)
        frame[0] = form
        frame.store(token, at: 8)
        return frame
    }

    /// The reply of a step that could not be run, or not to its end.
    package static func failure(token: UInt64, _ problem: RequestProblem) -> [UInt8] {
        var frame = completed(token: token)
        frame[1] = problem.isStepsFailure ? 1 : 2
        frame[2] = problem.isRetryable ? 1 : 0
        frame[3] = UInt8(clamping: problem.code.rawValue.utf8.count)
        frame.store(UInt32(problem.message.utf8.count), at: 4)
        frame += problem.code.rawValue.utf8
        frame += problem.message.utf8
        return frame
    }

    /// Says when the step of a reply ran.
    package static func setTimes(_ times: Times, in frame: inout [UInt8]) {
        frame.store(times.began, at: 16)
        frame.store(times.ended, at: 24)
    }

    private static func status(_ byte: UInt8) -> HostReply.Status? {
        switch byte {
        case 0: .completed
        case 1: .failed
        case 2: .rejected
        default: nil
        }
    }
}

extension [UInt8] {
    fileprivate mutating func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
        }
    }
}
