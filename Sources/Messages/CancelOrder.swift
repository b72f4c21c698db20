/// A message on the control topic: what it names is not wanted any more.
package struct CancelOrder: Equatable, Sendable {
    package enum Target: Hashable, Sendable {
        case request(String)
        /// All steps of a sweep, or of all windows of a walk-forward, by its `optimization_id`.
        case sweep(String)
    }

    /// No request has a longer one: what is remembered is bounded.
    package static let longestID = 256

    package let target: Target
    /// What was submitted later is wanted.
    package let time: Timestamp

    package init(_ target: Target, time: Timestamp) {
        self.target = target
        self.time = time
    }

    /// The message's value.
    package func encoded() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "cancel")
        switch target {
        case .request(let id): json.member("request_id", id)
        case .sweep(let id): json.member("optimization_id", id)
        }
        json.member("time", time.rfc3339)
        json.endObject()
        return json.bytes
    }

    /// - Throws: what is wrong with the message, and what would be right. Anybody may have written it.
    package static func parse(_ bytes: [UInt8]) throws(RequestProblem) -> CancelOrder {
        let json: JSONValue
        do {
            json = try JSONValue.parse(bytes)
        } catch {
            throw RequestProblem(.invalidJSON, "it is not valid JSON: \(error)")
        }
        guard json["type"]?.string == "cancel" else {
            throw RequestProblem(.invalidRequest, "its type is \(json["type"]?.text ?? "missing"), must be \"cancel\"")
        }
        guard let time = json["time"]?.string.flatMap(Timestamp.init(rfc3339:)) else {
            throw RequestProblem(
                .invalidRequest, "time is \(json["time"]?.text ?? "missing"), must be an RFC 3339 time")
        }
        switch (json["request_id"]?.string, json["optimization_id"]?.string) {
        case (let id?, _) where id.utf8.count > longestID, (_, let id?) where id.utf8.count > longestID:
            throw RequestProblem(.invalidRequest, "its id has \(id.utf8.count) bytes, must have at most \(longestID)")
        case (let id?, nil): return CancelOrder(.request(id), time: time)
        case (nil, let id?): return CancelOrder(.sweep(id), time: time)
        case (nil, nil), (_?, _?):
            throw RequestProblem(.invalidRequest, "it must have either request_id or optimization_id, a text")
        }
    }
}
