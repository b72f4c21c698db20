import Messages
import TestSupport

/// The JSON schema of metrics events.
enum EventSchema {
    static var root: JSONValue { SchemaFile.metricsEvent.document }

    /// What is wrong with an event; empty: it is valid.
    static func problems(of event: JSONValue) -> [String] {
        // By its kind: of seventeen that it may be, the one it is meant to be says more.
        guard let name = event["event"]?.string, let schema = root["$defs"]?[name] else {
            return ["no event of the schema: \(event.text)"]
        }
        return SchemaCheck(document: root).problems(of: event, against: schema, name)
    }
}
