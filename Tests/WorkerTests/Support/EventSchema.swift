import Messages
import TestSupport

/// The JSON schema of metrics events, and a check against the part of JSON Schema it uses.
struct EventSchema {
    let root: JSONValue

    /// The one of the project.
    static let shipped = Result {
        EventSchema(root: try JSONValue.parse(Files.read(Files.package + "/deploy/metrics-event.schema.json")))
    }

    /// What is wrong with a value; empty: it is valid.
    func problems(of value: JSONValue) -> [String] {
        guard let event = value["event"]?.string, let schema = root["$defs"]?[event] else {
            return ["no event of the schema: \(value.text)"]
        }
        return check(value, schema, event)
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
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
        for name in schema["required"]?.elements ?? [] where value[name.string ?? ""] == nil {
            found.append("\(path).\(name.text) is missing")
        }
        for member in value.members ?? [] {
            if let own = schema["properties"]?[member.name] {
                found += check(member.value, own, "\(path).\(member.name)")
            } else if let rest = schema["additionalProperties"] {
                found += check(member.value, rest, "\(path).\(member.name)")
            } else {
                // The schema lets members be added; a node that publishes one has to describe it there.
                found.append("\(path).\(member.name) is not described")
            }
        }
        if let items = schema["items"] {
            for element in value.elements ?? [] { found += check(element, items, "\(path)[]") }
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
