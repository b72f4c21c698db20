internal import CRdKafka
internal import Synchronization

/// A producer's topics by name: making the handle once spares librdkafka a look-up for each record.
final class TopicHandles: Sendable {
    /// Safety: a topic handle may be used on any thread; the mutex guards the dictionary only.
    @safe
    private struct Handle: @unchecked Sendable {
        let topic: OpaquePointer
    }

    private let handles = Mutex<[String: Handle]>([:])

    /// nil where librdkafka refuses the name; `rd_kafka_last_error` says why.
    func handle(_ name: String, _ client: OpaquePointer) -> OpaquePointer? {
        unsafe handles.withLock { handles -> Handle? in
            if let known = handles[name] { return known }
            guard let topic = unsafe rd_kafka_topic_new(client, name, nil) else { return nil }
            let handle = unsafe Handle(topic: topic)
            handles[name] = handle
            return handle
        }?.topic
    }

    func destroy() {
        let all = handles.withLock { handles in
            let all = Array(handles.values)
            handles.removeAll()
            return all
        }
        for handle in all { unsafe rd_kafka_topic_destroy(handle.topic) }
    }
}
