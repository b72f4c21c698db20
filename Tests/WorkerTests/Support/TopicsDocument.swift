import Messages
import TestSupport

@testable import Configuration

/// `deploy/asyncapi.yml`.
struct TopicsDocument {
    let root: JSONValue
    private let check: SchemaCheck

    init() throws {
        let (document, problems) = YAMLReader.read(Files.read(Files.package + "/deploy/asyncapi.yml"))
        guard let document, problems.isEmpty else { throw Failure("asyncapi.yml cannot be read: \(problems)") }
        root = JSONValue(document)
        check = SchemaCheck(document: root)
    }

    var messages: [JSONMember] { root["components"]?["messages"]?.members ?? [] }

    /// What a reference within the document leads to.
    func target(of reference: String) -> JSONValue? { check.target(of: reference) }

    /// What is wrong with the payload of a message.
    func problems(ofPayload value: JSONValue, of message: String) -> [String] {
        let schema = root["components"]?["messages"]?[message]?["payload"]
        guard let schema else { return ["there is no message \(message)"] }
        guard schema["schemaFormat"] == nil else {
            // The one schema with a document of its own.
            return (try? EventSchema.shipped.get().problems(of: value)) ?? ["there is no schema of events"]
        }
        return check.problems(of: value, against: schema, message)
    }

    /// What is wrong with the headers of a message, which are texts.
    func problems(ofHeaders headers: [JSONMember], of message: String) -> [String] {
        guard let schema = root["components"]?["messages"]?[message]?["headers"] else {
            return headers.map { "\(message) has no headers, and one is \($0.name)" }
        }
        return check.problems(of: .object(headers), against: schema, "\(message) headers")
    }

    /// Each `$ref` of the document.
    var references: [String] { Self.references(in: root) }

    private static func references(in value: JSONValue) -> [String] {
        let own = value["$ref"]?.string.map { [$0] } ?? []
        return own + (value.members ?? []).flatMap { references(in: $0.value) }
            + (value.elements ?? []).flatMap { references(in: $0) }
    }
}

extension JSONValue {
    /// A YAML document as the JSON it stands for.
    init(_ node: YAMLNode) {
        switch node.content {
        case .mapping(let members): self = .object(members.map { JSONMember($0.name, JSONValue($0.value)) })
        case .sequence(let elements): self = .array(elements.map { JSONValue($0) })
        case .scalar(let text, isPlain: true):
            if node.isNull {
                self = .null
            } else if let bool = Bool(text) {
                self = .bool(bool)
            } else if let number = Int(text) {
                self = .integer(number)
            } else {
                self = Double(text).map { .number($0) } ?? .string(text)
            }
        case .scalar(let text, _): self = .string(text)
        }
    }
}
