package import Messages

/// A check of values against the part of JSON Schema that the project's documents use.
package struct SchemaCheck {
    /// What does not ask for something else is checked by these, and nothing by a keyword that is not among them.
    package static let keywords: Set<String> = [
        "$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "type", "const", "enum", "minimum", "maximum",
        "exclusiveMinimum", "minLength", "maxLength", "pattern", "format", "required", "properties",
        "additionalProperties", "unevaluatedProperties", "maxProperties", "items", "minItems", "maxItems",
    ]

    /// The document that `#/…` refers into.
    private let document: JSONValue
    /// Whether a member may come that no schema names, as in the standard. Else whoever writes one has to describe it:
    /// a schema lets members be added.
    private let isOpen: Bool

    package init(document: JSONValue, isOpen: Bool = false) {
        self.document = document
        self.isOpen = isOpen
    }

    /// A schema, and the check whose document it stands in.
    private typealias Place = (check: SchemaCheck, schema: JSONValue)

    /// What is wrong with a value; empty: it is valid.
    package func problems(of value: JSONValue, against schema: JSONValue, _ path: String) -> [String] {
        var found: [String] = []
        let places = applicable(to: value, schema, path, &found)
        for place in places {
            found += SchemaKeywords.problems(of: value, against: place.schema, path)
            for element in value.elements ?? [] {
                guard let items = place.schema["items"] else { continue }
                found += place.check.problems(of: element, against: items, "\(path)[]")
            }
        }
        for member in value.members ?? [] { found += problems(of: member, places, path) }
        return found
    }

    private func problems(of member: JSONMember, _ places: [Place], _ path: String) -> [String] {
        var found: [String] = []
        var isDescribed = isOpen || !places.contains { $0.schema["properties"] != nil }
        for place in places {
            let own = place.schema["properties"]?[member.name]
            guard let schema = own ?? place.schema["additionalProperties"] else { continue }
            isDescribed = isDescribed || schema != .bool(false)
            found += place.check.problems(of: member.value, against: schema, "\(path).\(member.name)")
        }
        return isDescribed ? found : found + ["\(path).\(member.name) is not described"]
    }

    /// The schema and all that it brings in for this value.
    private func applicable(
        to value: JSONValue, _ schema: JSONValue, _ path: String, _ found: inout [String]
    ) -> [Place] {
        var places: [Place] = [(self, schema)]
        if let reference = schema["$ref"]?.string {
            if let place = target(of: reference) {
                places += place.check.applicable(to: value, place.schema, path, &found)
            } else {
                found.append("\(path): there is no \(reference)")
            }
        }
        for part in schema["allOf"]?.elements ?? [] { places += applicable(to: value, part, path, &found) }
        if let condition = schema["if"], let branch = schema[holds(condition, value) ? "then" : "else"] {
            places += applicable(to: value, branch, path, &found)
        }
        for (name, counts) in [("anyOf", 1...Int.max), ("oneOf", 1...1)] {
            guard let parts = schema[name]?.elements else { continue }
            let fitting = parts.filter { holds($0, value) }
            if !counts.contains(fitting.count) { found.append("\(path) fits \(fitting.count) of \(name)") }
            for part in fitting { places += applicable(to: value, part, path, &found) }
        }
        return places
    }

    private func holds(_ schema: JSONValue, _ value: JSONValue) -> Bool {
        SchemaCheck(document: document, isOpen: true).problems(of: value, against: schema, "").isEmpty
    }

    private func target(of reference: String) -> Place? {
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let check = parts[0].isEmpty ? self : SchemaFile(reference: parts[0]).map { $0.check(isOpen: isOpen) }
        guard let check else { return nil }
        let schema = (parts.count > 1 ? parts[1] : "").split(separator: "/").reduce(check.document as JSONValue?) {
            $0?[String($1)]
        }
        return schema.map { (check, $0) }
    }

    /// Whether a reference leads somewhere.
    package func leadsSomewhere(_ reference: String) -> Bool { target(of: reference) != nil }
}

/// The keywords that look at a value by itself.
private enum SchemaKeywords {
    static func problems(of value: JSONValue, against schema: JSONValue, _ path: String) -> [String] {
        if schema == .bool(false) { return ["\(path) must not be there"] }
        var found: [String] = []
        let types = schema["type"]?.elements ?? schema["type"].map { [$0] } ?? []
        if !types.isEmpty, !types.contains(where: { isOf($0.string ?? "", value) }) {
            found.append("\(path) is \(value.kindName)")
        }
        if let constant = schema["const"], constant != value { found.append("\(path) is not \(constant.text)") }
        if let choices = schema["enum"]?.elements, !choices.contains(value) { found.append("\(path): \(value.text)") }
        for (name, isKept) in bounds {
            guard let bound = schema[name]?.double, let size = size(of: value, for: name), !isKept(size, bound)
            else { continue }
            found.append("\(path) breaks \(name) \(bound)")
        }
        if let text = value.string { found += problems(of: text, against: schema, path) }
        guard value.members != nil else { return found }
        for name in schema["required"]?.elements ?? [] where value[name.string ?? ""] == nil {
            found.append("\(path).\(name.text) is missing")
        }
        return found
    }

    private static let bounds: [(String, @Sendable (Double, Double) -> Bool)] = [
        ("minimum", { $0 >= $1 }), ("maximum", { $0 <= $1 }), ("exclusiveMinimum", { $0 > $1 }),
        ("minLength", { $0 >= $1 }), ("maxLength", { $0 <= $1 }), ("minItems", { $0 >= $1 }),
        ("maxItems", { $0 <= $1 }), ("maxProperties", { $0 <= $1 }),
    ]

    /// What a bound of that name bounds; nil where the value is of another kind.
    private static func size(of value: JSONValue, for bound: String) -> Double? {
        switch bound {
        case "minLength", "maxLength": value.string.map { Double($0.unicodeScalars.count) }
        case "minItems", "maxItems": value.elements.map { Double($0.count) }
        case "maxProperties": value.members.map { Double($0.count) }
        default: value.double
        }
    }

    private static func problems(of text: String, against schema: JSONValue, _ path: String) -> [String] {
        var found: [String] = []
        if let pattern = schema["pattern"]?.string {
            guard let regex = try? Regex(pattern) else { return ["\(path): \(pattern) is no pattern"] }
            if text.firstMatch(of: regex) == nil { found.append("\(path) is not like \(pattern)") }
        }
        if schema["format"]?.string == "date-time", Timestamp(rfc3339: text) == nil {
            found.append("\(path) is no time")
        }
        return found
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch type {
        case "integer": value.integer != nil
        case "number": value.double != nil
        case "string": value.string != nil
        case "boolean": value.bool != nil
        case "null": value == .null
        case "array": value.elements != nil
        case "object": value.members != nil
        default: false
        }
    }
}
