import Messages
import TestSupport
import Testing

/// `deploy/schemas` against itself, and the page that says what the members mean. That messages are as it says is the
/// business of the suites that have them: `TestKafka.results`, `StrategiesTests.SchemaTests`, `SweepTests`.
@Suite struct MessageSchemaTests {
    private static let annotations: Set<String> = ["$schema", "title", "description", "default", "$defs"]

    /// A schema and all schemas in it.
    private func parts(of schema: JSONValue) -> [JSONValue] {
        var parts = [schema]
        for member in schema.members ?? [] {
            switch member.name {
            case "properties", "$defs": parts += (member.value.members ?? []).flatMap { self.parts(of: $0.value) }
            case "allOf", "anyOf", "oneOf": parts += (member.value.elements ?? []).flatMap { self.parts(of: $0) }
            case "if", "then", "else", "items", "additionalProperties": parts += self.parts(of: member.value)
            default: break
            }
        }
        return parts
    }

    @Test(arguments: SchemaFile.allCases) func usesOnlyWhatIsChecked(_ file: SchemaFile) {
        let root = file.document
        #expect(root["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema", "\(file.path)")
        let check = SchemaCheck(document: root)
        for schema in parts(of: root) {
            for name in schema.members?.map(\.name) ?? [] {
                let isKnown = SchemaCheck.keywords.contains(name) || Self.annotations.contains(name)
                #expect(isKnown, "\(file.path): nothing looks at \(name)")
            }
            if let reference = schema["$ref"]?.string { #expect(check.leadsSomewhere(reference), "\(reference)") }
        }
    }

    @Test func aValueThatBreaksAKeywordIsFound() throws {
        let broken: [(schema: String, good: String, bad: String)] = [
            (#"{"type":["string","null"]}"#, "null", "1"), (#"{"const":1}"#, "1", "2"),
            (#"{"enum":["a"]}"#, #""a""#, #""b""#), (#"{"minimum":1,"maximum":2}"#, "2", "2.5"),
            (#"{"exclusiveMinimum":0}"#, "0.1", "0"), (#"{"minLength":1,"maxLength":2}"#, #""ab""#, #""""#),
            (#"{"pattern":"^[a-z]+$"}"#, #""ab""#, #""a1""#),
            (#"{"format":"date-time"}"#, #""2026-01-01T00:00:00Z""#, #""2026-01-01""#),
            (#"{"required":["a"]}"#, #"{"a":1}"#, #"{"b":1}"#),
            (#"{"properties":{"a":{"type":"null"}}}"#, #"{"a":null}"#, #"{"a":1}"#),
            (#"{"properties":{"a":{}}}"#, #"{"a":1}"#, #"{"b":1}"#),
            (#"{"properties":{"a":false},"additionalProperties":true}"#, #"{"b":1}"#, #"{"a":1}"#),
            (#"{"additionalProperties":{"type":"string"}}"#, #"{"a":"b"}"#, #"{"a":1}"#),
            (#"{"properties":{"a":{}},"additionalProperties":false}"#, #"{"a":1}"#, #"{"b":1}"#),
            (#"{"maxProperties":1}"#, #"{"a":1}"#, #"{"a":1,"b":1}"#),
            (#"{"items":{"type":"integer"},"minItems":1,"maxItems":2}"#, "[1]", "[0.5]"),
            (#"{"minItems":1}"#, "[1]", "[]"), (#"{"maxItems":1}"#, "[1]", "[1,2]"),
            (#"{"if":{"const":1},"then":{"type":"null"},"else":{"const":2}}"#, "2", "1"),
            (#"{"allOf":[{"minimum":1},{"maximum":2}]}"#, "2", "3"),
            (#"{"anyOf":[{"const":1},{"const":2}]}"#, "2", "3"),
            (#"{"oneOf":[{"minimum":1},{"minimum":2}]}"#, "1", "2"),
            (##"{"$ref":"#/$defs/a","$defs":{"a":{"const":1}}}"##, "1", "2"),
            (#"{"$ref":"request.schema.json#/$defs/time"}"#, #""2026-01-01T00:00:00Z""#, #""now""#),
        ]
        for (text, good, bad) in broken {
            let schema = try JSONValue.parse(Array(text.utf8))
            func problems(_ value: String) throws -> [String] {
                SchemaCheck(document: schema).problems(
                    of: try JSONValue.parse(Array(value.utf8)), against: schema, "it")
            }
            #expect(try problems(good).isEmpty, "\(text)")
            #expect(try !problems(bad).isEmpty, "\(text)")
        }
    }

    @Test func describesTheMembersThatRequestsAreReadFor() {
        let described = [SchemaFile.request, .sweep, .sweepStep].flatMap { file in
            parts(of: file.document).prefix(1).flatMap { $0["properties"]?.members?.map(\.name) ?? [] }
        }
        let ofSweeps = SchemaFile.sweep.document["$defs"]?["sweep"]?["properties"]?.members?.map(\.name) ?? []
        #expect(Set(described + ofSweeps) == Set(StrategyRequest.memberNames))
    }

    @Test func thePageNamesEveryMember() {
        let page = Files.text("deploy/messages.md")
        for file in SchemaFile.allCases where file != .metricsEvent {
            #expect(page.contains("(schemas/\(file.rawValue).schema.json)"), "\(file.path)")
            for member in parts(of: file.document).flatMap({ $0["properties"]?.members ?? [] }) {
                #expect(page.contains("`\(member.name)`"), "\(file.path): \(member.name)")
            }
        }
    }
}
