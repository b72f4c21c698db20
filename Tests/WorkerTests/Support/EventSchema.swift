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

    /// The same of an event that a node of this version has published: members that were added within the schema_version
    /// are not required, so that events of before stay valid, but an interval of now has them all.
    static func problems(ofOwn event: JSONValue) -> [String] {
        guard event["event"]?.string == MetricsEvent.Kind.interval.rawValue else { return problems(of: event) }
        let described = root["$defs"]?["interval"]?["properties"]?.members?.map(\.name) ?? []
        return problems(of: event) + described.filter { event[$0] == nil }.map { "interval: there is no \($0)" }
    }
}
