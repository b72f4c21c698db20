internal import CRdKafka

/// Room for the messages of one batch call, reused from call to call.
struct MessageBatch {
    private let room: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        room = .allocate(capacity: capacity)
        room.initialize(repeating: nil, count: capacity)
    }

    func free() { room.deallocate() }

    /// Hands each message to `body`, then destroys it. Returns how many there were; does not wait.
    func consume(
        _ queue: OpaquePointer, _ wanted: Int, _ body: (UnsafeMutablePointer<rd_kafka_message_t>) -> Void
    ) -> Int {
        let count = max(rd_kafka_consume_batch_queue(queue, 0, room, wanted), 0)
        for index in 0..<count {
            guard let message = room[index] else { continue }
            body(message)
            rd_kafka_message_destroy(message)
        }
        return count
    }
}
