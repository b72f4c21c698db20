/// A header of a Kafka message.
package struct MessageHeader: Equatable, Sendable {
    package var name: String
    /// nil: the header has no value, which is not the same as an empty one.
    package var value: [UInt8]?

    package init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}
