import Messages
import Strategies
import Worker

/// A sweep in the input of `submit`: one JSON document, on one line or on many.
enum SweepDocument {
    private static let longest = 8 << 20
    /// A grid of at most so many sets has a heat map unless its sweep says otherwise: its page would be poor without.
    private static let mapped = 250_000

    /// - Returns: nil where the input is something else; it is all there still.
    /// - Throws: what is wrong with the sweep, code 65.
    static func read(_ input: inout InputLines) throws(CommandFailure) -> Sweep? {
        guard let bytes = try input.whole(upTo: longest, if: mayBeOne), isOne(bytes) else { return nil }
        return try parse(bytes, from: input.name)
    }

    /// - Parameter name: what a person calls the place it comes from.
    static func parse(_ bytes: [UInt8], from name: String) throws(CommandFailure) -> Sweep {
        do throws(RequestProblem) {
            let sweep = try Sweep.parse(bytes)
            guard sweep.setCount <= mapped, let mapped = withHeatmap(bytes) else { return sweep }
            return try Sweep.parse(mapped)
        } catch {
            throw CommandFailure("\(name): \(error.message)", code: ExitCode.dataError)
        }
    }

    private static func mayBeOne(_ start: [UInt8]) -> Bool {
        start.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    /// Requests on lines of their own are no sweep, a step of one is no sweep; a sweep with a slip in its JSON is one.
    private static func isOne(_ bytes: [UInt8]) -> Bool {
        if let value = try? JSONValue.parse(bytes) {
            return value["type"]?.string == "optimization" && value["step"] == nil
        }
        let first = bytes.split(separator: UInt8(ascii: "\n")).first { line in line.contains { $0 > 0x20 } } ?? []
        return (try? JSONValue.parse(Array(first))) == nil
            && String(decoding: bytes, as: UTF8.self).contains("\"optimization\"")
    }

    private static func withHeatmap(_ bytes: [UInt8]) -> [UInt8]? {
        guard let members = (try? JSONValue.parse(bytes))?.members else { return nil }
        let output = members.first { $0.name == "output" }?.value.members ?? []
        guard !output.contains(where: { $0.name == "heatmap" }) else { return nil }
        let rest = members.filter { $0.name != "output" }
        let mapped = JSONMember("output", .object(output + [JSONMember("heatmap", .bool(true))]))
        return Array(JSONValue.object(rest + [mapped]).text.utf8)
    }
}
