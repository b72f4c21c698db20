import Kafka
import Messages

/// A record of the dead-letter topic: the original, and why it was refused.
struct DeadLetterRecord {
    let record: KafkaRecord

    static let prefix = "optimizer_"

    /// The node adds its headers behind the request's own, which may have borne any name.
    private func header(_ name: String) -> String? {
        record.headers.last { $0.name == Self.prefix + name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    var code: String? { header("error_code") }
    var message: String? { header("error_message") }

    /// Where the original stood in the requests topic.
    var origin: String? {
        guard let topic = header("origin_topic"), let partition = header("origin_partition"),
            let offset = header("origin_offset")
        else { return nil }
        return "\(topic)-\(partition)-\(offset)"
    }

    /// What the original calls itself and its strategy, where it can be read.
    var names: (request: String?, strategy: String?) {
        guard !isTruncated, let value = record.value, let json = try? JSONValue.parse(value) else { return (nil, nil) }
        return (json["request_id"]?.string, json["strategy"]?["name"]?.string)
    }

    /// Where the dead letter itself stands.
    var place: String { "partition \(record.partition) offset \(record.offset)" }

    /// What a replayed request calls this dead letter.
    func name(in topic: String) -> String { "\(topic)-\(record.partition)-\(record.offset)" }

    /// The original's headers: those of the request, without what the node added. Of a request that was refused
    /// before, sent again and refused again, the reasons of both times are there; none goes along.
    var originalHeaders: [KafkaHeader] { record.headers.filter { !$0.name.hasPrefix(Self.prefix) } }

    /// The original's key. One that had none has its coordinates for a key here, which no producer could have given it
    /// before it stood there.
    var originalKey: [UInt8]? {
        guard let key = record.key, origin.map({ Array($0.utf8) }) != key else { return nil }
        return key
    }

    /// Whether the original was too large to be kept and only its coordinates stand here.
    ///
    /// A request could look like that itself; but it cannot know the coordinates it will be given.
    var isTruncated: Bool {
        guard let value = record.value, value.count < 64 * 1024, let json = try? JSONValue.parse(value),
            json["type"]?.string == "dead_letter", json["truncated"]?.bool == true,
            let topic = json["topic"]?.string, let partition = json["partition"]?.integer,
            let offset = json["offset"]?.integer
        else { return false }
        return origin == "\(topic)-\(partition)-\(offset)"
    }

    var json: String {
        let value = record.value
        let text = value.flatMap { UTF8Check.isValid($0) ? String(decoding: $0, as: UTF8.self) : nil }
        func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
        return JSONValue.object([
            JSONMember("partition", .integer(Int(record.partition))),
            JSONMember("offset", .integer(Int(record.offset))),
            JSONMember("time", optional(record.timestampMs.map { Timestamp(milliseconds: $0).rfc3339 })),
            JSONMember("code", optional(code)), JSONMember("message", optional(message)),
            JSONMember("retryable", .bool(header("retryable") == "true")),
            JSONMember("origin_topic", optional(header("origin_topic"))),
            JSONMember(
                "origin_partition", header("origin_partition").flatMap { Int($0) }.map(JSONValue.integer) ?? .null),
            JSONMember("origin_offset", header("origin_offset").flatMap { Int($0) }.map(JSONValue.integer) ?? .null),
            JSONMember("node", optional(header("node"))), JSONMember("truncated", .bool(isTruncated)),
            JSONMember("bytes", value.map { .integer($0.count) } ?? .null), JSONMember("value", optional(text)),
        ]).text
    }
}
