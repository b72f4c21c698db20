import Kafka
import Messages
import Scheduling

extension ConsumerLoop {
    /// Takes what the brokers have acknowledged, and makes room for what waits.
    func drainDeliveries(_ now: MonotonicTime) {
        var done = 0
        producer.drainDeliveries { report in
            if let failure = report.failure {
                undelivered(report.token, size: report.bytes, failure)
            } else if delivered(report.token, now) {
                done += 1
            }
        }
        if done > 0 { state.decide { [done] in $0.noteDone(done) } }
        while let event = producer.nextEvent() { handle(event) }
        for message in state.takeRefused() { undelivered(message.deliveryToken, size: message.size, message.failure) }
        abandon(state.takeGivenBack())
        publisher.sendOutbox()
    }

    /// - Returns: whether that makes a request done.
    private func delivered(_ deliveryToken: UInt64, _ now: MonotonicTime) -> Bool {
        let (token, part, status) = OutgoingMessage.split(deliveryToken: deliveryToken)
        if part == .deadLetter { metrics.noteDeadLetter() }
        guard inFlight[token]?.acknowledge(part, status) == true, let request = inFlight.removeValue(forKey: token)
        else { return false }
        book.done(token: token)
        commits.noteDone()
        metrics.done(
            request.status, strategyIndex: request.strategyIndex,
            nanoseconds: now.nanoseconds(since: request.arrivedAt))
        return true
    }

    private func undelivered(_ deliveryToken: UInt64, size: Int, _ failure: KafkaFailure) {
        let (token, part, _) = OutgoingMessage.split(deliveryToken: deliveryToken)
        // Dropped by our own purge at the end: the request stays not done.
        guard failure.kind != .dropped, var request = inFlight[token] else { return }
        metrics.notePublishFailure(part)
        guard failure.kind == .tooLarge, !request.isReplaced(part) else {
            handle(failure, part == .deadLetter ? "publishing a dead letter" : "publishing a result", .producer)
            // librdkafka has tried as often as may help. What can not be published, and has no smaller form left, must
            // not be taken for done.
            endNow(.unpublishable, failure)
            return
        }
        log.line(
            .warning, part == .deadLetter ? "dead letter too large" : "result too large",
            [JSONMember("request_id", .string(request.requestID)), JSONMember("bytes", .integer(size))]
                + (request.step.map { JSONMember.trace($0.headers) } ?? []))
        request.noteReplaced(part)
        inFlight[token] = request
        publisher.send(publisher.replacement(for: request, part: part, size: size))
    }

    private func handle(_ event: ProducerEvent) {
        switch event {
        case .failure(let failure): handle(failure, "producer", .producer)
        case .log(let level, let facility, let message): failures.librdkafka(level, facility, message)
        case .statistics(let text): statistics.post(text, of: .producer)
        }
    }
}
