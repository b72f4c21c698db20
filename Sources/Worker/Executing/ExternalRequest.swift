import Configuration
import Messages

/// What an external host is sent for a step: the request as it came, with a `strategy` that leaves nothing open.
struct ExternalRequest {
    /// The request; line breaks in it become spaces on the way.
    let line: [UInt8]
    /// `{"name":…,"version":…,"parameters":{…}}` with every default filled in; in the result it stands too.
    let strategy: [UInt8]

    /// - Throws: what `StrategyDescriptor.resolve` finds wrong; nothing for a request that was accepted.
    init(_ request: StrategyRequest, _ descriptor: StrategyDescriptor) throws(RequestProblem) {
        let parameters = try descriptor.resolve(request)
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.member("name", descriptor.name)
        json.member("version", descriptor.version)
        json.member("parameters", .object(parameters))
        json.endObject()
        strategy = json.bytes
        let range = request.strategyRange
        line = Array(request.bytes[..<range.lowerBound]) + strategy + request.bytes[range.upperBound...]
    }
}
