import Glibc
package import Messages

/// Requests for a check of a host: of one strategy, with inline bars that anybody can make again.
package struct SampleRequest: Sendable {
    private let strategy: String
    private let version: Int
    private let parameters: [JSONMember]

    /// - Parameter descriptor: what is asked for; each parameter has its default, or the least it may be.
    package init(_ descriptor: StrategyDescriptor) {
        strategy = descriptor.name
        version = descriptor.version
        parameters = descriptor.parameters.map { JSONMember($0.name, $0.defaultValue ?? Self.anyValue(of: $0.kind)) }
    }

    private static func anyValue(of kind: ParameterSpecification.Kind) -> JSONValue {
        switch kind {
        case .integer(let range): .integer(range.contains(1) ? 1 : range.lowerBound)
        case .number(let range): .number(range.contains(1) ? 1 : range.lowerBound)
        case .boolean: .bool(false)
        case .choice(let names): .string(names.first ?? "")
        case .numbers: .array([.number(1)])
        }
    }

    /// - Parameters:
    ///   - bars: how many inline bars; 0: the request has no `data`.
    ///   - more: a parameter that is given besides.
    ///   - first: members of the request that stand before all others.
    ///   - padding: bytes of a label, to make the request as long as wanted.
    package func json(
        id: String, bars: Int, more: JSONMember? = nil, first: [JSONMember] = [], padding: Int = 0
    ) -> [UInt8] {
        var json = JSONWriter(capacity: 512 + bars * 64 + padding)
        json.beginObject()
        for member in first { json.member(member.name, member.value) }
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "backtest")
        json.member("request_id", id)
        json.name("strategy")
        json.beginObject()
        json.member("name", strategy)
        json.member("version", version)
        json.member("parameters", .object(parameters + (more.map { [$0] } ?? [])))
        json.endObject()
        if bars > 0 { json.member("data", .object([JSONMember("inline", Self.inline(bars: bars))])) }
        if padding > 0 {
            let label = JSONMember("padding", .string(String(repeating: "x", count: padding)))
            json.member("labels", .object([label]))
        }
        json.endObject()
        return json.bytes
    }

    /// Days whose prices swing around 100, so that whatever crosses does cross.
    private static func inline(bars: Int) -> JSONValue {
        let closes = (0..<bars).map { 100 + (10 * sin(Double($0) / 7) * 100).rounded() / 100 }
        func column(_ values: [Double]) -> JSONValue { .array(values.map(JSONValue.number)) }
        return .object([
            JSONMember("timeframe", .string("1d")),
            JSONMember("time", .array((0..<bars).map { .integer(1_577_836_800_000 + $0 * 86_400_000) })),
            JSONMember("open", column([closes[0]] + closes.dropLast())),
            JSONMember("high", column(closes.map { $0 + 11 })), JSONMember("low", column(closes.map { $0 - 11 })),
            JSONMember("close", column(closes)),
            JSONMember("volume", .array(closes.map { _ in .integer(1000) })),
        ])
    }
}
