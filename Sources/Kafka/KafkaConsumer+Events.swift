internal import CRdKafka
internal import Scheduling
internal import System

extension KafkaConsumer {
    /// The next thing that happened, or nil. Never blocks. Calling it is also what keeps the membership, so it is
    /// called at least every `max.poll.interval.ms`.
    package func nextEvent() -> ConsumerEvent? {
        if let event = waiting.next() { return event }
        while let event = unsafe rd_kafka_queue_poll(queue, 0) ?? rd_kafka_queue_poll(commitQueue, 0) {
            defer { unsafe rd_kafka_event_destroy(event) }
            if let known = unsafe translate(event) { return known }
        }
        // Answering an event may itself have failed and left something behind.
        return waiting.next() ?? lateQuestion(at: .now())
    }

    private func translate(_ event: OpaquePointer) -> ConsumerEvent? {
        switch unsafe rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_REBALANCE: unsafe rebalance(event)
        case RD_KAFKA_EVENT_OFFSET_COMMIT:
            unsafe .committed(commitResults(event), of: UInt64(UInt(bitPattern: rd_kafka_event_opaque(event))))
        case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT: unsafe committedBefore(event)
        case RD_KAFKA_EVENT_LOG: unsafe log(event)
        case RD_KAFKA_EVENT_STATS: unsafe rd_kafka_event_stats(event).map { unsafe .statistics(String(cString: $0)) }
        case RD_KAFKA_EVENT_ERROR: unsafe .failure(KafkaFailure(event: event, of: client))
        // Its partition's queue was not cut loose: going on would lose records without a word.
        case RD_KAFKA_EVENT_FETCH: .failure(.strayRecord)
        default: nil
        }
    }

    private func rebalance(_ event: OpaquePointer) -> ConsumerEvent? {
        var partitions: [Int32] = []
        if let list = unsafe rd_kafka_event_topic_partition_list(event) {
            unsafe eachEntry(of: list) { unsafe partitions.append($0.partition) }
        }
        switch unsafe rd_kafka_event_error(event) {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: return .assign(partitions)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: return .revoke(partitions, lost: assignmentLost)
        default: return unsafe .rebalanceFailed(KafkaFailure(event: event, of: client))
        }
    }

    private func commitResults(_ event: OpaquePointer) -> [CommitResult] {
        let whole = unsafe rd_kafka_event_error(event)
        var results: [CommitResult] = []
        guard let list = unsafe rd_kafka_event_topic_partition_list(event) else { return results }
        unsafe eachEntry(of: list) { entry in
            let code = unsafe entry.err == RD_KAFKA_RESP_ERR_NO_ERROR ? whole : entry.err
            unsafe results.append(
                CommitResult(
                    partition: entry.partition, nextOffset: entry.offset,
                    failure: code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(code)))
        }
        return results
    }

    private func log(_ event: OpaquePointer) -> ConsumerEvent? {
        guard let line = unsafe LogLine(event) else { return nil }
        if let reset = OffsetReset(line, topic: topic) {
            return .offsetOutOfRange(
                partition: reset.partition, expected: positions[reset.partition] ?? reset.offset,
                message: line.message)
        }
        return .log(level: line.level, facility: line.facility, message: line.message)
    }
}

/// librdkafka resets an offset out of range without an event; only its log tells.
struct OffsetReset {
    let partition: Int32
    /// Where reading should have gone on; nil where that was no offset.
    let offset: Int64?

    /// Syslog's level of a warning; what is less has a higher number.
    private static let warning: Int32 = 4

    /// nil where the line says something else. It reads
    /// `[thrd:main]: <topic> [<partition>]: offset reset (at offset <offset>, …`.
    init?(_ line: LogLine, topic: String) {
        // With `debug: topic` the same words come for every partition that begins to be read; a loss is a warning.
        guard line.facility == "OFFSET", line.level <= Self.warning, line.message.contains("offset reset"),
            let start = line.message.range(after: "\(topic) [")
        else { return nil }
        let digits = line.message[start...].prefix { $0.isNumber }
        guard let partition = Int32(digits) else { return nil }
        self.partition = partition
        offset = line.message.range(after: "offset reset (at offset ").flatMap { start in
            Int64(line.message[start...].prefix { $0.isNumber })
        }
    }
}

extension String {
    /// Where the text after the first occurrence of `mark` begins.
    fileprivate func range(after mark: String) -> String.Index? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return rest.index(rest.startIndex, offsetBy: mark.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
