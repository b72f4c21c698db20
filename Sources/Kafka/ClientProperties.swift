/// What a librdkafka client is configured with: our own settings first, then what the user adds.
package struct ClientProperties: Sendable {
    package struct Property: Sendable, Equatable {
        package let name: String
        package let value: String
        /// Whether no message may show the value.
        let isSecret: Bool

        package init(_ name: String, _ value: String, isSecret: Bool = false) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
        }
    }

    enum Role { case consumer, producer }

    let role: Role
    /// In the order they are set; where a name comes twice the later one counts.
    package private(set) var properties: [Property]

    /// Which overrides would break a promise of the node's is the configuration's business; here all are taken.
    ///
    /// - Throws: `KafkaFailure` of kind `configuration` that names the first property librdkafka does not take.
    init(role: Role, defaults: [Property], overrides: [Property]) throws(KafkaFailure) {
        self.role = role
        properties = defaults + overrides
        try validate()
    }

    /// The value that counts, where the property is set at all.
    package func value(of name: String) -> String? {
        properties.last { $0.name == name }?.value
    }

    /// Asks librdkafka whether it takes every name and value.
    ///
    /// It opens no connection. The message never repeats a secret's value.
    /// - Throws: `KafkaFailure` of kind `configuration` that names the property.
    private func validate() throws(KafkaFailure) {
        let settings = try ClientSettings(self)
        settings.discard()
    }
}
