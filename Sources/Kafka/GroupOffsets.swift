/// What a consumer's group has heard of offsets, for whoever commits them. Any thread may ask, until the consumer is
/// destroyed.
///
/// Safety: the handle is constant, and librdkafka answers whichever thread asks.
@safe
package final class GroupOffsets: @unchecked Sendable {
    private let client: OpaquePointer
    private let topic: String

    fileprivate init(_ client: OpaquePointer, _ topic: String) {
        unsafe self.client = unsafe client
        self.topic = topic
    }

    /// Waits until no transaction has offsets of the partition that the group has not taken up, or dropped, yet.
    ///
    /// - Returns: false where there still are, or nobody has said so in that time.
    package func areDecided(of partition: Int32, timeoutMs: Int32) -> Bool {
        let told = try? unsafe committedOffsets(client, topic: topic, [partition], timeoutMs)
        return told?.allSatisfy { $0.failure == nil } ?? false
    }
}

extension KafkaConsumer {
    package var groupOffsets: GroupOffsets { unsafe GroupOffsets(client, topic) }
}
