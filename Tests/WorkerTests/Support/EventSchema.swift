import Messages
import TestSupport

/// The JSON schema of metrics events.
struct EventSchema {
    let root: JSONValue

    /// The one of the project.
    static let shipped = Result {
        EventSchema(root: try JSONValue.parse(Files.read(Files.package + "/deploy/metrics-event.schema.json")))
    }

    /// What is wrong with an event; empty: it is valid.
    func problems(of event: JSONValue) -> [String] {
        guard let name = event["event"]?.string, let schema = root["$defs"]?[name] else {
            return ["no event of the schema: \(event.text)"]
        }
        return SchemaCheck(document: root).problems(of: event, against: schema, name)
    }
}
