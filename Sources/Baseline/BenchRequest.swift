/// What the benchmarks submit: a request of 300 bytes with labels, as users send it, whose step does nothing unless it is
/// told to run another strategy than `noop`.
package enum BenchRequest {
    package static let size = 300

    private static let idStem = Array("0190f6c2-7d01-7a55-9a3e-".utf8)
    private static let head = Array(#"{"schema_version":1,"type":"backtest","request_id":""#.utf8) + idStem
    private static let strategyMember = Array(#"","strategy":{"name":""#.utf8)
    private static let tail = Array(
        (#"},"labels":{"team":"quant-research","experiment":"momentum-2024-q3","#
            + #""owner":"a.researcher","environment":"staging","run":"2024-11-28T09:30:00Z/000417","#
            + #""priority":"normal","note":""#).utf8)
    private static let end = Array(#""}}"#.utf8)
    private static let idDigits = 12

    /// The request of that number; its id ends in it.
    ///
    /// - Parameters:
    ///   - strategy: a name of at most 16 bytes.
    ///   - parameters: a JSON object of at most 24 bytes; nil: none.
    package static func bytes(_ number: Int, strategy: String = "noop", parameters: String? = nil) -> [UInt8] {
        var bytes = head
        bytes.reserveCapacity(size)
        let digits = String(number).utf8.suffix(idDigits)
        bytes += [UInt8](repeating: UInt8(ascii: "0"), count: idDigits - digits.count)
        bytes += digits
        bytes += strategyMember
        bytes += strategy.utf8
        bytes.append(UInt8(ascii: "\""))
        if let parameters { bytes += Array(#","parameters":\#(parameters)"#.utf8) }
        bytes += tail
        bytes += [UInt8](repeating: UInt8(ascii: "-"), count: max(0, size - bytes.count - end.count))
        bytes += end
        return bytes
    }

    /// The key of that request, where requests have keys: one of ten thousand.
    package static func key(_ number: Int) -> [UInt8] { Array("key-\(number % 10_000)".utf8) }

    /// The number in the id of a request, or of a result, whose id stands near its beginning; nil where there is none.
    package static func number(in message: [UInt8]) -> Int? {
        let near = message.prefix(100)
        guard let start = near.indices.first(where: { near[$0...].starts(with: idStem) }) else { return nil }
        let digits = message[(start + idStem.count)...].prefix(idDigits)
        return digits.count == idDigits ? Int(String(decoding: digits, as: UTF8.self)) : nil
    }
}
