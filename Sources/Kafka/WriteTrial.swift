internal import CRdKafka

/// Tries whether this principal may write to topics, and leaves no record behind.
///
/// The records ask for acks=2, which brokers know no more since Kafka 0.9: one looks at the access rules first, refuses
/// the request for its acks then, and stores nothing. librdkafka before 2.3 cannot ask which operations are allowed.
package enum WriteTrial {
    /// Blocks up to about `timeoutMs`. Not for the embedded broker, which would store the record.
    ///
    /// - Parameter properties: `ClientProperties.writeTrial`.
    /// - Returns: each topic that may not be written to, with what the broker said. One that gave no answer is left out.
    /// - Throws: `KafkaFailure` of kind `configuration` naming what librdkafka does not take.
    package static func refusals(
        _ properties: ClientProperties, topics: [String], timeoutMs: Int32
    ) throws(KafkaFailure) -> [String: KafkaFailure] {
        let producer = try KafkaProducer(properties, wakeDescriptor: nil)
        defer { producer.destroy() }
        var refusals: [String: KafkaFailure] = [:]
        func note(_ failure: KafkaFailure?, _ topic: String) {
            if let failure, failure.kind == .authorization { refusals[topic] = failure }
        }
        for (index, topic) in topics.enumerated() {
            let outcome = producer.produce(topic: topic, key: nil, value: [], token: UInt64(index))
            if case .failed(let failure) = outcome { note(failure, topic) }
        }
        let stepMs: Int32 = 100
        for _ in 0...max(0, timeoutMs / stepMs) {
            let isDone = producer.flushStep(timeoutMs: stepMs) { report in
                note(report.failure, topics[Int(report.token)])
            }
            if isDone { break }
        }
        return refusals
    }
}
