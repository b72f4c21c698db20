/// What a built-in host asks while it runs a step of a sweep over an external strategy: to have a set decided by a host of
/// that strategy. The node answers with the line that host has answered with, and the next frame is another question or
/// the step's reply.
///
/// Its first byte tells it from a `ReplyFrame`:
///
/// | bytes | what |
/// |---|---|
/// | 0 | 3, the form of the frame |
/// | 1–2 | bytes of the id, little-endian |
/// | from 3 | the id that the answer has to name, and the request for the external host, in JSON |
package struct QuestionFrame: Equatable, Sendable {
    /// The `request_id` of the request.
    package let id: String
    package let request: [UInt8]

    static let form: UInt8 = 3
    private static let headerBytes = 3

    package init(id: String, request: [UInt8]) {
        self.id = id
        self.request = request
    }

    package var payload: [UInt8] {
        let name = Array(id.utf8.prefix(Int(UInt16.max)))
        var frame: [UInt8] = []
        frame.reserveCapacity(Self.headerBytes + name.count + request.count)
        frame.append(Self.form)
        frame.append(littleEndian: UInt16(name.count))
        return frame + name + request
    }

    /// - Returns: nil where the payload is something else.
    package init?(_ payload: [UInt8]) {
        guard payload.first == Self.form, payload.count >= Self.headerBytes else { return nil }
        var reader = ByteReader(payload, at: 1)
        let start = Self.headerBytes + Int(reader.next(UInt16.self))
        guard start < payload.count else { return nil }
        id = String(decoding: payload[Self.headerBytes..<start], as: UTF8.self)
        request = Array(payload[start...])
    }
}
