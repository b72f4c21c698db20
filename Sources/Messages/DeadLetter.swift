/// A request that was refused: the untouched original, and why in its headers.
package enum DeadLetter {
    /// The headers that say what was wrong and where the original stands.
    ///
    /// - Parameter history: its runs, where it has failed more than once.
    package static func headers(
        origin: RequestOrigin, failure: StrategyResult.Failure, node: String, history: [FailedAttempt] = []
    ) -> [MessageHeader] {
        let runs =
            history.isEmpty
            ? [] : [MessageHeader(name: "optimizer_history", value: FailedAttempt.encoded(history))]
        return [
            ("optimizer_error_code", failure.code),
            // A header is no place for a page of text, and brokers count it against the record's size.
            ("optimizer_error_message", failure.message.cut(toBytes: 1000)),
            ("optimizer_retryable", failure.isRetryable ? "true" : "false"),
            ("optimizer_origin_topic", origin.topic),
            ("optimizer_origin_partition", String(origin.partition)),
            ("optimizer_origin_offset", String(origin.offset)),
            ("optimizer_node", node),
        ].map { MessageHeader(name: $0.0, value: Array($0.1.utf8)) } + runs
    }

    /// The reason that the headers of a dead letter give; nil where they are none.
    package static func failure(of headers: [MessageHeader]) -> StrategyResult.Failure? {
        func text(_ name: String) -> String? {
            headers.last { $0.name == name }.map { String(decoding: $0.value ?? [], as: UTF8.self) }
        }
        guard let code = text("optimizer_error_code"), let message = text("optimizer_error_message") else { return nil }
        return StrategyResult.Failure(code: code, message: message, isRetryable: text("optimizer_retryable") == "true")
    }

    /// The original's key, or where it has none where it stands: a compacted topic takes no record without key, and one
    /// key for all of them would let it keep only the last.
    package static func key(of origin: RequestOrigin) -> [UInt8] { origin.key ?? Array(origin.coordinates.utf8) }

    /// What stands in the place of an original that is too large to publish again.
    package static func truncated(origin: RequestOrigin, failure: StrategyResult.Failure, size: Int) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "dead_letter")
        json.member("truncated", true)
        json.member("topic", origin.topic)
        json.member("partition", origin.partition)
        json.member("offset", origin.offset)
        json.member("original_bytes", size)
        json.member("error_code", failure.code)
        json.member("error_message", failure.message.cut(toBytes: 1000))
        json.endObject()
        return json.bytes
    }
}
