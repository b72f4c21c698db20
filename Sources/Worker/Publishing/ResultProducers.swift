import Kafka
import Synchronization
import System

/// The producers of results and dead letters.
///
/// A broker refuses a batch as a whole, for one bad record in it or because all of it together is larger than the topic
/// takes. So there are two: one for all messages, and one that gives each a batch of its own, for those that came back
/// from a batch. What that one brings back is refused for itself.
///
/// Where batches as such have become too large (`max.message.bytes` was lowered while the node ran, or could not be
/// looked up at the start), the first is replaced by one with smaller batches. What a slot hands to the old one in that
/// moment is delivered by it: it stays until the node's end.
///
/// `produce` may be called on any thread, for what has to be alone on the consumer thread only; that thread drains and
/// replaces, too.
final class ResultProducers: Sendable {
    /// The message came back from the producer that gives each a batch of its own.
    typealias Report = (report: DeliveryReport, wasAlone: Bool)

    private struct Producers {
        /// The last is the one in use.
        var batching: [KafkaProducer]
        var single: KafkaProducer?
        var batchBytes: Int
        var isLookingUp = false
        /// Transactions have been opened with the one in use.
        var isUsed = false
    }

    private enum Limit {
        /// nil: the cluster does not say.
        case found(Int?)
    }

    private let clients: KafkaClients
    /// nil: without transactions.
    private let transactionalID: String?
    /// What may lie in the queue of each, in units of 2^10 bytes.
    private let queueKilobytes: Int
    private let topics: TopicNames
    private let wake: WakeDescriptor
    private let producers: Mutex<Producers>
    /// What a look-up has brought, until the consumer thread takes it.
    private let limit = Mutex<Limit?>(nil)

    /// - Parameter largestBatch: what the topics take at once, in bytes, where that is known.
    /// - Throws: `KafkaFailure` where the client cannot be made.
    init(
        _ clients: KafkaClients, topics: TopicNames, queueKilobytes: Int, largestBatch: Int?,
        transactionalID: String? = nil, wake: WakeDescriptor
    ) throws(KafkaFailure) {
        self.clients = clients
        self.transactionalID = transactionalID
        self.queueKilobytes = queueKilobytes
        self.topics = topics
        self.wake = wake
        let bytes = min(clients.batchBytes, max(1, largestBatch ?? .max))
        let first = try Self.producer(clients, transactionalID, queueKilobytes, batchBytes: bytes, wake)
        producers = Mutex(Producers(batching: [first], batchBytes: bytes))
    }

    private static func producer(
        _ clients: KafkaClients, _ transactionalID: String?, _ queueKilobytes: Int, batchBytes: Int,
        _ wake: WakeDescriptor
    ) throws(KafkaFailure) -> KafkaProducer {
        let bounds = bounds(queueKilobytes, batchBytes: batchBytes)
        guard let transactionalID else {
            return try clients.producer(wakeDescriptor: wake.descriptor, bounds: bounds)
        }
        return try clients.transactionalProducer(
            id: transactionalID, timeoutMs: NodeSettings.transactionTimeoutMs, wakeDescriptor: wake.descriptor,
            bounds: bounds)
    }

    // MARK: Transactions

    /// The producer of transactions in use.
    var current: KafkaProducer { producers.withLock { $0.batching[$0.batching.count - 1] } }

    /// Makes a producer of transactions in the place of the one in use, which no call is about any more.
    /// - Throws: `KafkaFailure` where the client cannot be made; the one in use stays.
    func replace() throws(KafkaFailure) -> KafkaProducer {
        // The first has not been used yet.
        if producers.withLock({ Self.use(&$0) }) { return current }
        let new = try Self.producer(clients, transactionalID, queueKilobytes, batchBytes: batchBytes, wake)
        let old = producers.withLock { producers in
            defer { producers.batching = [new] }
            return producers.batching
        }
        // What it still has is of no use to anybody, and neither are its answers.
        for producer in old { producer.destroy(patienceMs: 0) }
        return new
    }

    private static func use(_ producers: inout Producers) -> Bool {
        defer { producers.isUsed = true }
        return !producers.isUsed
    }

    /// Nobody says what a topic takes, and one large message makes its batch too large as well: so batches are not made
    /// smaller without end. Below this each message is sent again by itself, which is slower and nothing else.
    private static let smallestGuess = 16_384

    private static func bounds(_ queueKilobytes: Int, batchBytes: Int) -> [ClientProperties.Property] {
        [queue(queueKilobytes), .init("batch.size", String(batchBytes))]
    }

    private static func queue(_ kilobytes: Int) -> ClientProperties.Property {
        .init("queue.buffering.max.kbytes", String(kilobytes))
    }

    /// Bytes that a batch may have now.
    var batchBytes: Int { producers.withLock { $0.batchBytes } }

    /// Whether nothing waits for its acknowledgement.
    var isClear: Bool { producers.withLock { $0.batching.last?.outstanding ?? 0 } == 0 }

    /// Hands a message over. Never blocks; any thread.
    func produce(_ message: OutgoingMessage) -> ProduceOutcome {
        let producer: KafkaProducer?
        if message.isAlone {
            do throws(KafkaFailure) {
                producer = try single()
            } catch {
                return .failed(error)
            }
        } else {
            producer = producers.withLock { $0.batching.last }
        }
        return producer?.produce(message) ?? .full
    }

    private func single() throws(KafkaFailure) -> KafkaProducer {
        if let known = producers.withLock({ $0.single }) { return known }
        let new = try clients.producer(
            wakeDescriptor: wake.descriptor,
            bounds: [Self.queue(queueKilobytes), .init("batch.num.messages", "1")], isSilent: true)
        producers.withLock { $0.single = new }
        return new
    }

    /// Hands over every delivery that has come. Never blocks.
    func drain(_ body: (Report) -> Void) {
        let (batching, single) = producers.withLock { ($0.batching, $0.single) }
        for producer in batching { producer.drainDeliveries { body(($0, wasAlone: false)) } }
        single?.drainDeliveries { body(($0, wasAlone: true)) }
    }

    /// What `drain` met besides deliveries. Statistics are those of the producer in use.
    func nextEvent() -> ProducerEvent? {
        let (batching, single) = producers.withLock { ($0.batching, $0.single) }
        for producer in batching + [single].compactMap(\.self) {
            while let event = producer.nextEvent() {
                if case .statistics = event, producer !== batching.last { continue }
                return event
            }
        }
        return nil
    }

    // MARK: Smaller batches

    /// A batch was too large though its messages are small: looks up what the topics take now, on a thread of its own,
    /// since nobody knows how long a broker needs to answer.
    func lookUpLimit() {
        guard producers.withLock({ Self.begin(&$0) }) else { return }
        let (clients, check) = (clients, TopicCheck(topics: topics))
        do {
            _ = try PermanentThread(name: "batch-limit") { [weak self] in
                let found = check.lookUpLargestBatch(clients)
                self?.note(.found(found))
            }
        } catch {
            note(.found(nil))
        }
    }

    private static func begin(_ producers: inout Producers) -> Bool {
        guard !producers.isLookingUp else { return false }
        producers.isLookingUp = true
        return true
    }

    private func note(_ found: Limit) {
        limit.withLock { $0 = found }
        wake.signal()
    }

    /// Takes what a look-up has brought, if one is over: from now on batches are as large as the topics take, or half
    /// as large as before where nobody says.
    ///
    /// - Returns: the bytes of a batch, where they are others than before.
    /// - Throws: `KafkaFailure` where no client can be made; the one in use stays.
    func takeLimit() throws(KafkaFailure) -> Int? {
        let found = limit.withLock { limit -> Limit? in
            defer { limit = nil }
            return limit
        }
        guard case .found(let most) = found else { return nil }
        let before = batchBytes
        // The look-up may have been asked for by a batch that was sent before the one before it.
        let bytes = max(1, most ?? max(before / 2, Self.smallestGuess))
        defer { producers.withLock { $0.isLookingUp = false } }
        guard bytes < before else { return nil }
        let new = try clients.producer(
            wakeDescriptor: wake.descriptor, bounds: Self.bounds(queueKilobytes, batchBytes: bytes))
        producers.withLock { producers in
            producers.batching.append(new)
            producers.batchBytes = bytes
        }
        return bytes
    }

    /// Ends the clients. What is still queued is dropped.
    func destroy() {
        let all = producers.withLock { $0.batching + [$0.single].compactMap(\.self) }
        for producer in all { producer.destroy() }
    }

    /// The same by a deadline.
    /// - Returns: whether all have ended in time.
    func destroy(by ending: Ending) -> Bool {
        let all = producers.withLock { $0.batching + [$0.single].compactMap(\.self) }
        return all.map { $0.destroy(patienceMs: ending.leftMs) }.allSatisfy(\.self)
    }

    /// Gives the clients up: a thread that does not end may still be using them.
    func abandon() {
        let all = producers.withLock { $0.batching + [$0.single].compactMap(\.self) }
        for producer in all { producer.abandon() }
    }
}
