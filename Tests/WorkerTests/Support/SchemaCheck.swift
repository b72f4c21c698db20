import Messages

/// A check of values against the part of JSON Schema that the project's documents use.
struct SchemaCheck {
    /// The document that `#/…` refers into.
    let document: JSONValue

    /// What is wrong with a value; empty: it is valid.
    func problems(of value: JSONValue, against schema: JSONValue, _ path: String) -> [String] {
        if let reference = schema["$ref"]?.string {
            guard let schema = target(of: reference) else { return ["\(path): there is no \(reference)"] }
            return problems(of: value, against: schema, path)
        }
        var found = ownProblems(of: value, against: schema, path)
        for member in value.members ?? [] {
            if let own = schema["properties"]?[member.name] {
                found += problems(of: member.value, against: own, "\(path).\(member.name)")
            } else if let rest = schema["additionalProperties"] {
                found += problems(of: member.value, against: rest, "\(path).\(member.name)")
            } else if schema["properties"] != nil {
                // A schema lets members be added; a node that publishes one has to describe it there.
                found.append("\(path).\(member.name) is not described")
            }
        }
        if let items = schema["items"] {
            for element in value.elements ?? [] { found += problems(of: element, against: items, "\(path)[]") }
        }
        return found
    }

    /// What `#/…` refers to.
    func target(of reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(document as JSONValue?) { $0?[String($1)] }
    }

    private func ownProblems(of value: JSONValue, against schema: JSONValue, _ path: String) -> [String] {
        var found: [String] = []
        let types = schema["type"]?.elements ?? schema["type"].map { [$0] } ?? []
        if !types.isEmpty, !types.contains(where: { Self.isOf($0.string ?? "", value) }) {
            found.append("\(path) is \(value.kindName)")
        }
        if let constant = schema["const"], constant != value { found.append("\(path) is not \(constant.text)") }
        if let choices = schema["enum"]?.elements, !choices.contains(value) { found.append("\(path): \(value.text)") }
        if let minimum = schema["minimum"]?.double, let number = value.double, number < minimum {
            found.append("\(path) is below \(minimum)")
        }
        guard value.members != nil else { return found }
        for name in schema["required"]?.elements ?? [] where value[name.string ?? ""] == nil {
            found.append("\(path).\(name.text) is missing")
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
