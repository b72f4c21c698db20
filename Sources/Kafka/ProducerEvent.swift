/// What became of one `KafkaProducer.produce`.
package enum ProduceOutcome: Sendable, Equatable {
    /// In the queue; a `DeliveryReport` with the same token follows.
    case queued
    /// No room now. Drain deliveries and try again.
    case full
    /// Not taken, and no report follows.
    case failed(KafkaFailure)
}

/// What the broker said to one record.
package struct DeliveryReport: Sendable, Equatable {
    /// As given to `produce`.
    package let token: UInt64
    /// nil: the record is stored as `acks` asks.
    package let failure: KafkaFailure?
    /// Of key and value.
    package let bytes: Int
    package let partition: Int32
    /// nil where the broker did not say (a retry of a record it had already).
    package let offset: Int64?
    /// The record, where it was not taken and was not dropped by ourselves.
    package let returned: ReturnedRecord?
}

/// A record that was not taken, to be sent again.
package struct ReturnedRecord: Sendable, Equatable {
    package let topic: String
    package let record: KafkaRecord
}

/// What librdkafka tells a producer, deliveries apart.
package enum ProducerEvent: Sendable, Equatable {
    case failure(KafkaFailure)
    /// `level` is syslog's: 0 emergency … 7 debug.
    case log(level: Int32, facility: String, message: String)
    /// librdkafka's statistics, JSON, every `statistics.interval.ms`.
    case statistics(String)
}
