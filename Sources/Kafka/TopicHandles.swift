internal import CRdKafka
internal import Synchronization

/// A producer's topics by name: making the handle once spares librdkafka a look-up for each record.
final class TopicHandles: Sendable {
    /// Safety: a topic handle may be used on any thread; the mutex guards the dictionary only.
    @safe
    private struct Handle: @unchecked Sendable {
        let name: String
        let topic: OpaquePointer
    }

    /// A producer has two or three: looking through them is cheaper than hashing a name for each record.
    private let handles = Mutex<[Handle]>([])

    /// nil where librdkafka refuses the name; `rd_kafka_last_error` says why.
    func handle(_ name: String, _ client: OpaquePointer) -> OpaquePointer? {
        unsafe handles.withLock { handles -> Handle? in
            if let known = handles.first(where: { $0.name == name }) { return known }
            guard let topic = unsafe rd_kafka_topic_new(client, name, nil) else { return nil }
            let handle = unsafe Handle(name: name, topic: topic)
            handles.append(handle)
            return handle
        }?.topic
    }

    func destroy() {
        let all = handles.withLock { handles in
            defer { handles = [] }
            return handles
        }
        for handle in all { unsafe rd_kafka_topic_destroy(handle.topic) }
    }
}
