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

    /// Whether a reference leads somewhere, in the document or in a schema beside it.
    func leadsSomewhere(_ reference: String) -> Bool { check.leadsSomewhere(reference) }

    /// What is wrong with the payload of a message.
    func problems(ofPayload value: JSONValue, of message: String) -> [String] {
        guard let payload = root["components"]?["messages"]?[message]?["payload"] else {
            return ["there is no message \(message)"]
        }
        return check.problems(of: value, against: payload["schema"] ?? payload, message)
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
