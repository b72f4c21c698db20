/// What a node writes to a built-in host for a step: where the host finds what it needs in the request, which the node has
/// read and checked already, and the request as it came.
///
/// All numbers are little-endian. `{`, with which a request in JSON begins, is no first byte of a frame:
///
/// | bytes | what |
/// |---|---|
/// | 0 | 2, the form of the frame |
/// | 1 | 1 for a step of a sweep, else 0 |
/// | 2–3 | how many sections follow |
/// | 4–7 | the strategy's version, 0 where the request names none |
/// | 8–15 | the step's token, which its reply names |
/// | 16–23, 24–31 | the strategy's name and its parameters: where each begins and ends in the request (0, 0: nowhere) |
/// | from 32 | for each section the number of its `RequestMember` (255: the orders, 254: the descriptor) and where it begins and ends, 4 bytes each |
/// | then | the request; behind it, where an external strategy's positions are to be traded, what its host has answered, and of a sweep over one, what its strategy is |
package enum StepFrame {
    static let form: UInt8 = 2
    private static let headerBytes = 32
    private static let sectionBytes = 12
    private static let orders: UInt32 = 255
    private static let descriptor: UInt32 = 254

    /// A frame's payload for the step of this token.
    package static func payload(of request: StrategyRequest, token: UInt64) -> [UInt8] {
        payload(of: request, token: token, behind: [], as: 0)
    }

    /// The same for the engine to trade what an external strategy's host has answered to the request.
    package static func payload(of request: StrategyRequest, token: UInt64, orders: [UInt8]) -> [UInt8] {
        payload(of: request, token: token, behind: orders, as: Self.orders)
    }

    /// The same for a step of a sweep over an external strategy.
    package static func payload(
        of request: StrategyRequest, token: UInt64, descriptor: StrategyDescriptor
    ) -> [UInt8] {
        let text = Array(JSONValue.object(descriptor.members).text.utf8)
        return payload(of: request, token: token, behind: text, as: Self.descriptor)
    }

    /// - Parameters:
    ///   - more: stands behind the request.
    ///   - number: of what that is.
    private static func payload(
        of request: StrategyRequest, token: UInt64, behind more: [UInt8], as number: UInt32
    ) -> [UInt8] {
        var frame: [UInt8] = []
        let sections = request.sections.count + (more.isEmpty ? 0 : 1)
        frame.reserveCapacity(headerBytes + sections * sectionBytes + request.bytes.count + more.count)
        frame.append(form)
        frame.append(request.isSweep ? 1 : 0)
        frame.append(littleEndian: UInt16(sections))
        frame.append(littleEndian: UInt32(clamping: request.strategyVersion ?? 0))
        frame.append(littleEndian: token)
        frame.append(request.strategyNameRange)
        frame.append(request.parametersRange)
        for section in request.sections {
            frame.append(littleEndian: UInt32(section.member.rawValue))
            frame.append(section.range)
        }
        if !more.isEmpty {
            frame.append(littleEndian: number)
            frame.append(request.bytes.count..<request.bytes.count + more.count)
        }
        frame.append(contentsOf: request.bytes)
        frame.append(contentsOf: more)
        return frame
    }

    /// Whether a host that says this when it is ready takes frames of this form: one of another build may not.
    package static func isTaken(byHostSaying ready: [UInt8]) -> Bool {
        (try? JSONValue.parse(ready))?["ready"]?["step_frame"]?.integer == Int(form)
    }

    /// What a host of this build says when it is ready.
    package static func ready(engineVersion version: String) -> [UInt8] {
        let engine = JSONValue.object([
            JSONMember("name", .string("optimizer")), JSONMember("version", .string(version)),
        ])
        let ready = JSONValue.object([JSONMember("engine", engine), JSONMember("step_frame", .integer(Int(form)))])
        return Array(JSONValue.object([JSONMember("ready", ready)]).text.utf8)
    }

    /// Reads a payload: the step's token and its request, of which only the parameters have to be read.
    ///
    /// - Returns: nil where it is no frame, and says nothing that can be answered.
    /// - Throws: `RequestProblem` where the parameters are no JSON, which a node does not send.
    package static func read(_ payload: [UInt8]) throws(RequestProblem) -> (token: UInt64, request: StrategyRequest)? {
        guard payload.first == form, let (sections, start) = header(payload) else { return nil }
        var reader = ByteReader(payload, at: 4)
        var request = StrategyRequest(payload)
        let version = Int(reader.next(UInt32.self))
        if version > 0 { request.strategyVersion = version }
        if payload[1] == 1 { request.type = StrategyRequest.sweep }
        let token = reader.next(UInt64.self)
        guard let name = reader.nextRange(from: start), let parameters = reader.nextRange(from: start) else {
            return nil
        }
        for _ in 0..<sections {
            let number = reader.next(UInt32.self)
            guard let range = reader.nextRange(from: start) else { return nil }
            if number == orders || number == descriptor {
                if number == orders { request.ordersRange = range } else { request.descriptorRange = range }
                continue
            }
            guard let member = UInt8(exactly: number).flatMap(RequestMember.init(rawValue:)), member.isSection else {
                return nil
            }
            request.sections.append(.init(member: member, range: range))
        }
        try request.readStrategy(name: name, parameters: parameters)
        return (token, request)
    }

    /// How many sections there are, and where the request begins; nil where the payload is shorter than that.
    private static func header(_ payload: [UInt8]) -> (sections: Int, start: Int)? {
        guard payload.count >= headerBytes else { return nil }
        var reader = ByteReader(payload, at: 2)
        let sections = Int(reader.next(UInt16.self))
        let start = headerBytes + sections * sectionBytes
        return start <= payload.count ? (sections, start) : nil
    }
}

extension StrategyRequest {
    fileprivate mutating func readStrategy(name: Range<Int>, parameters: Range<Int>) throws(RequestProblem) {
        do {
            var reader = JSONReader(bytes, range: name)
            strategy = try reader.string()
            guard !parameters.isEmpty else { return }
            reader = JSONReader(bytes, range: parameters)
            self.parameters = try reader.value().members ?? []
        } catch {
            throw RequestProblem(.invalidJSON, "the request is not valid JSON: \(error)")
        }
    }
}

/// Takes numbers out of bytes. Its user has looked that they are there.
struct ByteReader {
    private let bytes: [UInt8]
    private var position: Int

    init(_ bytes: [UInt8], at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func next<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        defer { position += MemoryLayout<Number>.size }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
        }
    }

    /// A range that is told from `start` on; nil where it leads out of the bytes.
    mutating func nextRange(from start: Int) -> Range<Int>? {
        let (lower, upper) = (start + Int(next(UInt32.self)), start + Int(next(UInt32.self)))
        return lower <= upper && upper <= bytes.count ? lower..<upper : nil
    }
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ range: Range<Int>) {
        append(littleEndian: UInt32(range.lowerBound))
        append(littleEndian: UInt32(range.upperBound))
    }
}
