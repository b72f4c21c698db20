import Messages
import Strategies

/// The input of `submit` as one JSON document: a sweep, or a request on several lines. Requests on lines of their own
/// are none.
enum InputDocument {
    case sweep(Sweep)
    case walkForward(WalkForward)
    case request([UInt8])

    private static let longest = 8 << 20

    /// - Parameter external: the strategies that are not built in and that this machine knows.
    /// - Returns: nil where the input is something else; it is all there still.
    /// - Throws: what is wrong with a sweep, code 65.
    static func read(
        _ input: inout InputLines, external: [StrategyDescriptor]
    ) throws(CommandFailure) -> InputDocument? {
        guard let bytes = try input.whole(upTo: longest, if: mayBeOne) else { return nil }
        guard let value = try? JSONValue.parse(bytes) else {
            return isBrokenSweep(bytes)
                ? .sweep(try SweepDocument.parse(bytes, from: input.name, external: external)) : nil
        }
        guard !isSweep(value) else {
            guard !WalkForward.isDefined(in: value) else {
                return .walkForward(try SweepDocument.parse(walkForward: value, from: input.name, external: external))
            }
            return .sweep(
                try SweepDocument.parse(bytes, from: input.name, external: external, tell: Output.words))
        }
        let request = Array(bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        // One on one line is a line like any other.
        return request.contains(UInt8(ascii: "\n")) ? .request(request) : nil
    }

    private static func mayBeOne(_ start: [UInt8]) -> Bool {
        start.first { !isSpace($0) } == UInt8(ascii: "{")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    /// A step of a sweep is none. One that lacks its type is told by what only sweeps have, and is told what it lacks.
    private static func isSweep(_ value: JSONValue) -> Bool {
        if let type = value["type"] { return type.string == "optimization" && value["step"] == nil }
        return value["request_id"] == nil && (value["parameters"] != nil || value["objective"] != nil)
    }

    /// Whether it is a sweep with a slip in its JSON, and not requests on lines of their own.
    private static func isBrokenSweep(_ bytes: [UInt8]) -> Bool {
        let first = bytes.split(separator: UInt8(ascii: "\n")).first { line in line.contains { $0 > 0x20 } } ?? []
        return (try? JSONValue.parse(Array(first))) == nil
            && String(decoding: bytes, as: UTF8.self).contains("\"optimization\"")
    }
}
