import Configuration
package import Messages

/// What an external host is sent for a step: the request as it came, with a `strategy` that leaves nothing open, and
/// without what could be taken for something else of the protocol's.
package struct ExternalRequest {
    /// The request; line breaks in it become spaces on the way.
    package let line: [UInt8]
    /// `{"name":…,"version":…,"parameters":{…}}` with every default filled in; in the result it stands too.
    let strategy: [UInt8]

    /// Top-level members that the protocol gives a meaning of its own. A host may tell a ping by `ping`, and whoever
    /// submits must not be able to make one.
    private static let reserved: Set<String> = ["ping", "ready", "granted", "lock", "unlock", "log"]

    /// - Throws: what `StrategyDescriptor.resolve` finds wrong; nothing for a request that was accepted.
    package init(_ request: StrategyRequest, _ descriptor: StrategyDescriptor) throws(RequestProblem) {
        let parameters = try descriptor.resolve(request)
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.member("name", descriptor.name)
        json.member("version", descriptor.version)
        json.member("parameters", .object(parameters))
        json.endObject()
        strategy = json.bytes
        guard request.unknownFields.contains(where: Self.reserved.contains) else {
            let range = request.strategyRange
            line = Array(request.bytes[..<range.lowerBound]) + strategy + request.bytes[range.upperBound...]
            return
        }
        do {
            line = try Self.withoutReserved(request.bytes, strategy)
        } catch {
            throw RequestProblem(.invalidJSON, "the request is not valid JSON: \(error)")
        }
    }

    /// The same for a request that a node has accepted, of which nothing is found wrong any more.
    init(accepted request: StrategyRequest, _ descriptor: StrategyDescriptor) {
        do {
            self = try Self(request, descriptor)
        } catch {
            // As it came: its host says what is wrong with it, and the result says what its host does.
            (line, strategy) = (request.bytes, Array(request.bytes[request.strategyRange]))
        }
    }

    private static func withoutReserved(_ bytes: [UInt8], _ strategy: [UInt8]) throws(JSONProblem) -> [UInt8] {
        var reader = JSONReader(bytes)
        var json = JSONWriter(capacity: bytes.count + strategy.count)
        var isFirst = true
        try reader.beginObject()
        json.beginObject()
        while let name = try reader.nextName(&isFirst) {
            let value = try reader.skipValue()
            guard !reserved.contains(name) else { continue }
            json.name(name)
            json.raw(name == "strategy" ? strategy[...] : bytes[value])
        }
        json.endObject()
        return json.bytes
    }
}
