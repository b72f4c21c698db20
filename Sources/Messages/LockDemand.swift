/// What a host may say while its step runs, besides the reply: that it wants locks, or gives some back.
package enum LockDemand: Equatable, Sendable {
    /// The host waits for `granted` before it goes on.
    case lock([String])
    /// The host goes on at once.
    case unlock([String])

    /// How many names one demand may have.
    package static let maximumNames = 64

    /// Reads a host's frame: `{"lock": ["name", …]}` or `{"unlock": ["name", …]}`.
    ///
    /// - Returns: nil when its first member is another one, so that it must be a reply.
    /// - Throws: `JSONProblem` for a demand that is none: more members, no list of 1 to 64 names of 1 to 256 bytes.
    package static func parse(_ bytes: [UInt8]) throws(JSONProblem) -> LockDemand? {
        var reader = JSONReader(bytes)
        guard let name = firstName(&reader) else { return nil }
        let value = try reader.value()
        var isFirst = false
        guard try reader.nextName(&isFirst) == nil else {
            throw reader.problem("\"\(name)\" must stand alone in its object")
        }
        try reader.end()
        let names = value.elements?.compactMap(\.string) ?? []
        guard (1...maximumNames).contains(names.count), names.count == value.elements?.count,
            names.allSatisfy({ (1...256).contains($0.utf8.count) })
        else { throw reader.problem("\"\(name)\" must be a list of 1 to \(maximumNames) names of 1 to 256 bytes") }
        return name == "lock" ? .lock(names) : .unlock(names)
    }

    /// The node's answer once it has them all: `{"granted": ["name", …]}`.
    package static func granted(_ names: [String]) -> [UInt8] {
        var json = JSONWriter(capacity: 64)
        json.beginObject()
        json.member("granted", .array(names.map { .string($0) }))
        json.endObject()
        return json.bytes
    }

    /// The name of the first member where it is one of a demand's. A reply is not read any further.
    private static func firstName(_ reader: inout JSONReader) -> String? {
        var isFirst = true
        do {
            try reader.beginObject()
            let name = try reader.nextName(&isFirst)
            return name == "lock" || name == "unlock" ? name : nil
        } catch {
            // What is wrong with it is for the reader of replies to say.
            return nil
        }
    }
}
