import Kafka
import Messages
import Worker

/// The way of a canary's requests: a producer into the requests topic, and a reader of the results from where they end
/// now on, without a group. One thread owns it; close it.
final class CanaryClients {
    /// What has come.
    enum Arrival {
        case stored(UInt64)
        case refused(UInt64, KafkaFailure)
        case answered(UInt64, status: String, message: String?)
    }

    let topic: TopicDescription
    private let results: String
    private let producer: KafkaProducer
    private let reader: TopicReader
    private let requests = CanaryRequest()
    private var told: Set<String> = []
    /// Records that are read before the caller has its turn again.
    private static let mostAtOnce = 256

    /// - Parameter timeout: a broker that has not acknowledged a request by then is not given it any more.
    /// - Throws: that a topic is missing, code 78; that nobody answers, code 69.
    init(_ connection: KafkaConnection, timeout: Duration) throws(CommandFailure) {
        topic = try connection.topic(connection.topics.requests)
        results = connection.topics.results
        let partitions = try connection.topic(results).partitions
        let ends = try connection.withAdmin("ask for the end of \(results)") { [results] admin throws(KafkaFailure) in
            try admin.endOffsets(topic: results, partitions: partitions)
        }
        let milliseconds = Int(timeout / .milliseconds(1))
        do throws(KafkaFailure) {
            // Sent twice does no harm, and a producer that knows what it has sent ends for ever when it loses count.
            producer = try connection.clients.producer(
                wakeDescriptor: nil,
                bounds: [.init("message.timeout.ms", String(milliseconds)), .init("enable.idempotence", "false")])
        } catch {
            throw CommandFailure(error, "make a producer")
        }
        do throws(KafkaFailure) {
            reader = try TopicReader(connection.clients.readerProperties(), topics: [(results, .offsets(ends))])
        } catch {
            producer.destroy()
            throw CommandFailure(error, "read \(results)")
        }
    }

    func close() {
        reader.close()
        producer.destroy()
    }

    /// Never blocks.
    /// - Returns: why it is not on its way.
    func send(_ number: UInt64, partition: Int32, expires expiry: Timestamp) -> KafkaFailure? {
        let outcome = producer.produce(
            topic: topic.name, key: nil, value: requests.encoded(number, expires: expiry),
            headers: [KafkaHeader("correlation-id", requests.id(number))], token: number, partition: partition)
        // A full queue is taken for one that is not acknowledged in time: it is of requests that wait for a broker.
        if case .failed(let failure) = outcome { return failure }
        return nil
    }

    /// Takes what has come, waiting for a little while there is nothing.
    /// - Throws: that the results cannot be read, and never will be by this client.
    func arrivals(waitMs: Int32) throws(CommandFailure) -> [Arrival] {
        var found: [Arrival] = []
        reading: for count in 0..<Self.mostAtOnce {
            switch reader.next(timeoutMs: count == 0 ? waitMs : 0) {
            case .record(_, let record): if let answer = answer(record) { found.append(answer) }
            case .caughtUp: continue
            case .idle: break reading
            case .failure(let failure) where failure.isTemporary: tell(failure)
            case .failure(let failure): throw CommandFailure(failure, "read \(results)")
            }
        }
        producer.drainDeliveries { report in
            found.append(report.failure.map { .refused(report.token, $0) } ?? .stored(report.token))
        }
        while let event = producer.nextEvent() {
            if case .failure(let failure) = event { tell(failure) }
        }
        // What is acknowledged and answered at once is told in this order.
        return found.filter(\.isDelivery) + found.filter { !$0.isDelivery }
    }

    private func answer(_ record: KafkaRecord) -> Arrival? {
        // Results of everybody pass here: looked into is only what is one's own by its header.
        guard let id = record.header("correlation-id"), let number = requests.number(of: id),
            let value = record.value, let result = try? JSONValue.parse(value)
        else { return nil }
        return .answered(
            number, status: result["status"]?.string ?? "", message: result["error"]?["message"]?.string)
    }

    /// Says each kind of trouble once, until an answer has come.
    private func tell(_ failure: KafkaFailure) {
        guard told.insert(failure.name).inserted else { return }
        Output.words("\(failure)" + (failure.remedy.map { "; \($0)" } ?? ""))
    }

    /// The next trouble is a new one.
    func forgetTold() { told = [] }
}

extension CanaryClients.Arrival {
    fileprivate var isDelivery: Bool {
        if case .answered = self { return false }
        return true
    }
}
