import Kafka
import Messages
import Scheduling

extension ConsumerLoop {
    /// Takes what the brokers have acknowledged, and makes room for what waits.
    func drainDeliveries(_ now: MonotonicTime) {
        producers.drain { report, wasAlone in
            if let failure = report.failure {
                guard let returned = report.returned else { return }
                let message = OutgoingMessage(returned, deliveryToken: report.token)
                if transacting != nil { return undeliveredInTransaction(message, failure, now) }
                undelivered(message, failure, wasAlone: wasAlone, now)
            } else if transacting == nil {
                delivered(report.token, now)
            }
        }
        // Those were refused before they came into any batch.
        for refused in state.takeRefused() {
            undelivered(refused.message, refused.failure, wasAlone: true, now)
        }
        while let event = producers.nextEvent() { handle(event) }
        adjustBatches()
        publisher.sendOutbox()
        publisher.sendGathered(at: now)
    }

    private func delivered(_ deliveryToken: UInt64, _ now: MonotonicTime) {
        let (token, part, status) = OutgoingMessage.split(deliveryToken: deliveryToken)
        if part == .deadLetter { metrics.noteDeadLetter() }
        settle(token, part, status, now)
    }

    /// A message of a request is acknowledged, or given up.
    private func settle(_ token: UInt64, _ part: MessagePart, _ status: ResultStatus, _ now: MonotonicTime) {
        if let request = core.acknowledge(token, part, status) { done(request, now) }
    }

    func done(_ request: InFlightRequest, _ now: MonotonicTime) {
        metrics.done(
            request.status, strategyIndex: request.strategyIndex,
            nanoseconds: now.nanoseconds(since: request.arrivedAt))
    }

    /// A message was not taken: it is sent again, by itself or in another form, or costs its request the message, or
    /// the node ends. `KafkaFailure.undelivered` says which.
    ///
    /// - Parameter wasAlone: it was refused for itself; else it may be for another in its batch, or for all together.
    func undelivered(
        _ message: OutgoingMessage, _ failure: KafkaFailure, wasAlone: Bool, _ now: MonotonicTime
    ) {
        guard let request = core.inFlight[message.token] else { return }
        let place = message.part == .deadLetter ? "publishing a dead letter" : "publishing a result"
        switch failure.undelivered {
        case .dropped: break
        case .again:
            handle(failure, place, .producer)
            // A transaction that comes to nothing is followed by another with the same.
            if transacting == nil { sendAlone(message) }
        case .refused, .tooLarge:
            if wasAlone { return replace(message, of: request, failure, now) }
            if failure.undelivered == .tooLarge { producers.lookUpLimit() }
            sendAlone(message)
        case .hopeless:
            metrics.notePublishFailure(message.part)
            handle(failure, place, .producer)
            // What cannot be published must not be taken for done.
            endNow(.unpublishable, failure)
        }
    }

    private func sendAlone(_ message: OutgoingMessage) {
        var message = message
        message.isAlone = true
        publisher.send(message)
    }

    /// The message was refused by itself: its next form is published. Where none is left, the node goes on without it.
    private func replace(
        _ message: OutgoingMessage, of request: InFlightRequest, _ failure: KafkaFailure, _ now: MonotonicTime
    ) {
        metrics.notePublishFailure(message.part)
        let form = core.nextForm(of: message.token, message.part)
        let what = message.topic == publisher.topics.deadLetters ? "dead letter" : "result"
        let details = [
            JSONMember("request_id", .string(request.requestID)),
            JSONMember("partition", .integer(Int(request.origin.partition))),
            JSONMember("offset", .integer(Int(request.origin.offset))), JSONMember("topic", .string(message.topic)),
            JSONMember("bytes", .integer(message.size)), JSONMember("reason", .string(failure.description)),
        ]
        let trace = JSONMember.trace(request.headers)
        guard let form else {
            log.line(.error, "\(what) refused in every form; the node goes on without it", details + trace)
            errors.note(
                "undeliverable", "\(what) refused by \(message.topic): \(failure)", strategy: request.strategy,
                requestID: request.requestID)
            events.publish(.undeliverable, details)
            if transacting != nil { return replaceWaiting(message, with: nil) }
            return settle(message.token, message.part, message.status, now)
        }
        if form == .deadLetter { metrics.noteDeadLetter() }
        let isTooLarge = failure.undelivered == .tooLarge
        log.line(.warning, isTooLarge ? "\(what) too large" : "\(what) refused", details + trace)
        let replacement = publisher.replacement(of: message, for: request, form: form, failure)
        if transacting != nil { replaceWaiting(message, with: replacement) } else { publisher.send(replacement) }
    }

    /// Makes batches smaller, once it is known by how much.
    private func adjustBatches() {
        do throws(KafkaFailure) {
            guard let bytes = try producers.takeLimit() else { return }
            log.warning(
                "batches were too large for the results or dead-letter topic; they are smaller from now on",
                JSONMember("bytes", .integer(bytes)))
        } catch {
            handle(error, "making a producer of smaller batches", .producer)
        }
    }

    private func handle(_ event: ProducerEvent) {
        switch event {
        // What is fatal for the producer of transactions its calls say, too, and the core what follows.
        case .failure(let failure): transacting == nil ? handle(failure, "producer", .producer) : note(failure)
        case .log(let level, let facility, let message): failures.librdkafka(level, facility, message)
        case .statistics(let text): statistics.post(text, of: .producer)
        }
    }
}
