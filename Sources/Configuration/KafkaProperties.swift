/// librdkafka properties by their own names, as one of `kafka.client`, `kafka.consumer`, `kafka.producer` gives them.
package struct KafkaProperties: Hashable, Sendable {
    /// In the order of their names.
    package var names: [String] { values.keys.sorted() }
    package var isEmpty: Bool { values.isEmpty }

    private var values: [String: ProtectedText] = [:]

    package internal(set) subscript(name: String) -> ProtectedText? {
        get { values[name] }
        set { values[name] = newValue }
    }
}

extension KafkaProperties: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        guard !isEmpty else { return "{}" }
        return "{ " + shown.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + " }"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: shown.map { (label: $0.name, value: $0.value) }) }

    private var shown: [(name: String, value: String)] {
        values.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 }
    }
}
