import Kafka
import Worker

/// Produces records and waits for what the broker says to each.
final class RecordSender {
    /// A record that was not stored.
    struct Refusal {
        let token: UInt64
        let failure: KafkaFailure
    }

    private let producer: KafkaProducer
    private let topic: TopicDescription
    private var nextPartition: Int
    private(set) var sent = 0
    private(set) var acknowledged = 0
    private(set) var refused = 0
    /// The first of the refused ones; the others are counted.
    private(set) var refusals: [Refusal] = []
    private var told: Set<String> = []
    private static let shownRefusals = 20
    /// How long an interrupted command waits for what is on its way.
    private static let goodbye = Duration.seconds(5)

    /// Opens a producer; close it.
    init(_ connection: KafkaConnection, topic: TopicDescription) throws(CommandFailure) {
        do throws(KafkaFailure) {
            producer = try connection.clients.producer(wakeDescriptor: nil)
        } catch {
            throw CommandFailure(error, "make a producer")
        }
        self.topic = topic
        // Many small submits must not all begin with the same partition.
        nextPartition = topic.partitions.isEmpty ? 0 : Int.random(in: 0..<topic.partitions.count)
    }

    /// Neither acknowledged nor refused yet.
    var outstanding: Int { sent - acknowledged - refused }

    /// Hands a record over, waiting for room where there is none. What has no key goes to the partitions in turn:
    /// librdkafka would put a whole burst on one, for one node.
    ///
    /// - Parameter token: names the record in a refusal.
    /// - Returns: false when an interruption came before it was taken.
    func send(
        key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = [], token: UInt64,
        unless interruption: inout Interruption
    ) -> Bool {
        let partition = key == nil ? turn() : nil
        while true {
            guard !interruption.check() else { return false }
            switch producer.produce(
                topic: topic.name, key: key, value: value, headers: headers, token: token, partition: partition)
            {
            case .queued:
                sent += 1
                return true
            case .failed(let failure):
                sent += 1
                note(Refusal(token: token, failure: failure))
                return true
            case .full: _ = wait(milliseconds: 100)
            }
        }
    }

    private func turn() -> Int32? {
        guard !topic.partitions.isEmpty else { return nil }
        nextPartition = (nextPartition + 1) % topic.partitions.count
        return topic.partitions[nextPartition]
    }

    /// Takes the reports that are there.
    func drain() {
        producer.drainDeliveries(take)
        tellProblems()
    }

    /// Waits until the broker has said something to every record, or, once interrupted, for a few seconds more.
    func finish(unless interruption: inout Interruption, progress: () -> Void) {
        var end: ContinuousClock.Instant?
        while !wait(milliseconds: 100) {
            progress()
            if interruption.check() { end = end ?? .now + Self.goodbye }
            if let end, .now >= end { return }
        }
    }

    private func wait(milliseconds: Int32) -> Bool {
        defer { tellProblems() }
        return producer.flushStep(timeoutMs: milliseconds, take)
    }

    /// Ends the producer. What is still outstanding may or may not have been stored.
    func close() { producer.destroy() }

    private func take(_ report: DeliveryReport) {
        if let failure = report.failure {
            note(Refusal(token: report.token, failure: failure))
        } else {
            acknowledged += 1
        }
    }

    private func note(_ refusal: Refusal) {
        refused += 1
        if refusals.count < Self.shownRefusals { refusals.append(refusal) }
    }

    /// Says once what keeps the records waiting: nothing else would explain the silence.
    private func tellProblems() {
        while let event = producer.nextEvent() {
            guard case .failure(let failure) = event, told.insert(failure.name).inserted else { continue }
            Output.words("\(failure)" + (failure.remedy.map { "; \($0)" } ?? ""))
        }
    }
}
