internal import CRdKafka

/// Room for the messages of one batch call, reused from call to call.
///
/// Safety: its owner frees it once, after the last `consume`. A message is its taker's to destroy.
@safe
struct MessageBatch {
    private let room: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        unsafe room = .allocate(capacity: capacity)
        unsafe room.initialize(repeating: nil, count: capacity)
    }

    func free() { unsafe room.deallocate() }

    /// Hands each message to `body`, which has it from then on. Returns how many there were; does not wait.
    func consume(
        _ queue: OpaquePointer, _ wanted: Int, _ body: (UnsafeMutablePointer<rd_kafka_message_t>) -> Void
    ) -> Int {
        let count = unsafe max(rd_kafka_consume_batch_queue(queue, 0, room, wanted), 0)
        for index in 0..<count {
            if let message = unsafe room[index] { unsafe body(message) }
        }
        return count
    }
}
