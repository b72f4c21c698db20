import Kafka
import Messages
import Scheduling

/// Partitions that are read on from elsewhere than they should be: their committed offset is out of range, or their log
/// is another.
extension ConsumerLoop {
    func offsetReset(_ partition: Int32, expected: Int64?, _ message: String, _ now: MonotonicTime) {
        // What is read from now on is another log, or another part of it.
        hear(.logReset(partition), now)
        resets[partition] = LogReset(expected: expected)
        noteReset(
            partition, expected: expected, message,
            "the committed offset is out of range: the log is read from its beginning")
    }

    /// A log has gone back without a word of librdkafka's: its topic was made anew, or a leader without the latest
    /// records took over. What it holds now is read as what it is.
    /// - Parameter offset: from where on it is another.
    func logChanged(at record: KafkaRecord, from offset: Int64) {
        noteLogChanged(
            record.partition,
            "offset \(record.offset) holds another record than before; the log is another from \(offset)")
    }

    func noteLogChanged(_ partition: Int32, _ detail: String) {
        noteReset(partition, expected: nil, detail, "the log was cut or made anew; what it holds now is run")
    }

    private func noteReset(_ partition: Int32, expected: Int64?, _ detail: String, _ words: String) {
        metrics.noteOffsetReset()
        let details =
            place(partition) + [
                JSONMember("expected_offset", expected.map { .integer(Int($0)) } ?? .null),
                JSONMember("detail", .string(detail)),
            ]
        log.line(.error, words, details)
        let offset = expected.map { " at offset \($0)" } ?? ""
        errors.note(
            MetricsEvent.Kind.offsetReset.rawValue, "\(settings.topics.requests) [\(partition)]\(offset): \(words)")
        events.publish(.offsetReset, details)
    }

    /// The first record after a reset tells where the commit belongs from now on, and how many are lost.
    func noteBegun(_ reset: LogReset, at record: KafkaRecord) {
        if let expected = reset.expected { noteSkipped(from: expected, to: record) }
    }

    private func noteSkipped(from expected: Int64, to record: KafkaRecord) {
        let count = record.offset - expected
        let range = [
            JSONMember("from_offset", .integer(Int(expected))), JSONMember("to_offset", .integer(Int(record.offset))),
        ]
        guard count > 0 else {
            return log.line(
                .warning, "the log ended before the committed offset; all that it holds is run",
                place(record.partition) + range)
        }
        metrics.noteSkipped(Int(count))
        let details = place(record.partition) + range + [JSONMember("count", .integer(Int(count)))]
        log.line(.error, "records were gone before they could be taken", details)
        errors.note(
            MetricsEvent.Kind.recordsSkipped.rawValue,
            "\(settings.topics.requests) [\(record.partition)]: \(count) records, offsets \(expected) to "
                + "\(record.offset - 1), were gone before they could be taken")
        events.publish(.recordsSkipped, details)
    }

    func place(_ partition: Int32) -> [JSONMember] {
        [
            JSONMember("topic", .string(settings.topics.requests)), JSONMember("partition", .integer(Int(partition))),
        ]
    }
}
