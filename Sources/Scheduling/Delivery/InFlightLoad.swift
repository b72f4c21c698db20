/// How much is in flight.
package struct InFlightLoad: Equatable, Sendable {
    /// Requests taken from Kafka and not done.
    package var count: Int
    /// Of their records.
    package var bytes: Int

    package init(count: Int = 0, bytes: Int = 0) {
        self.count = count
        self.bytes = bytes
    }
}
