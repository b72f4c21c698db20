import Kafka
import Messages
import Scheduling
import Synchronization
import System

/// Turns outcomes into messages and hands them to the producer. Slots and the consumer thread call it.
///
/// A class, as all that every slot uses for every result: a copy counts the references to each of its parts, on which the
/// processors wait for each other.
final class ResultPublisher: Sendable {
    let producers: ResultProducers
    let state: NodeState
    let topics: TopicNames
    let node: String
    private let envelope: CloudEventHeaders
    private let gatherer: ResultGatherer
    /// nil: in whatever order.
    private let sending: SendOrder?
    /// Where results wait for a transaction; nil: they wait for none.
    let waiting: WaitingResults?

    /// - Parameters:
    ///   - lingerMs: how long results may gather into one batch while they are many.
    ///   - keepsOrder: they are sent in the order in which they are published.
    init(
        producers: ResultProducers, state: NodeState, topics: TopicNames, node: String, cluster: String, lingerMs: Int,
        keepsOrder: Bool = false, waiting: WaitingResults? = nil
    ) {
        self.producers = producers
        self.state = state
        self.topics = topics
        self.node = node
        gatherer = ResultGatherer(waitMs: lingerMs)
        sending = keepsOrder ? SendOrder() : nil
        self.waiting = waiting
        envelope = CloudEventHeaders(node: node, idPrefix: "\(cluster)/\(topics.requests)")
    }

    /// The message of a result, for `publish`.
    /// - Parameter headers: those of the request's record.
    func message(of result: StrategyResult, token: UInt64, headers: [MessageHeader]) -> OutgoingMessage {
        message(result, token: token, part: .result, echoing: headers)
    }

    /// Publishes results that came together, in their order. A request is done when the broker has acknowledged its
    /// result.
    func publish(_ results: [OutgoingMessage]) {
        guard !results.isEmpty else { return }
        if let waiting { return wait(results, waiting) }
        inOrder {
            switch gatherer.add(results, at: .now(), isClear: producers.isClear) {
            case .send: sendNow(results)
            case .sendAll(let batches): for batch in batches { sendNow(batch) }
            // The consumer thread has a deadline more now.
            case .wait(let isFirst): if isFirst { state.consumerWake.signal() }
            }
        }
    }

    private func wait(_ messages: [OutgoingMessage], _ waiting: WaitingResults) {
        if waiting.add(messages) { state.consumerWake.signal() }
    }

    /// Sends the results that have gathered for long enough.
    func sendGathered(at now: MonotonicTime) {
        inOrder {
            for batch in gatherer.takeDue(at: now, isClear: producers.isClear) { sendNow(batch) }
        }
    }

    /// When results that gather are to be sent; nil where none do.
    var gatherDeadline: MonotonicTime? { gatherer.deadline(isClear: producers.isClear) }

    /// Publishes the result of a refused request, and its untouched original on the dead-letter topic.
    /// - Parameters:
    ///   - original: the record's value; nil for a tombstone. Its key is the result's origin's, or where that has none
    ///     its coordinates: a compacted topic takes no record without key.
    ///   - headers: those of the record.
    func publishRefused(_ result: StrategyResult, original: [UInt8]?, token: UInt64, headers: [MessageHeader]) {
        let failure = result.failure ?? StrategyResult.Failure(RequestProblem(.internalError, "no reason given"))
        let reasons = DeadLetter.headers(
            origin: result.origin, failure: failure, node: node, history: result.history)
        let messages = [
            message(result, token: token, part: .resultOfTwo, echoing: headers),
            OutgoingMessage(
                topic: topics.deadLetters, key: DeadLetter.key(of: result.origin), value: original,
                headers: .list((headers + reasons).map(KafkaHeader.init)), token: token, part: .deadLetter,
                status: result.status),
        ]
        if let waiting { return wait(messages, waiting) }
        inOrder {
            // An earlier one of its lane may be among those that gather.
            let before = sending == nil ? [] : gatherer.takeAll()
            for batch in before + [messages] { sendNow(batch) }
        }
    }

    /// What is published in the place of a message that its topic does not take; small whatever the request was.
    /// - Parameter form: another than `full`.
    func replacement(
        of refused: OutgoingMessage, for request: InFlightRequest, form: MessageForm, _ failure: KafkaFailure
    ) -> OutgoingMessage {
        let (part, size) = (refused.part, refused.size)
        if form == .small, part == .result, failure.undelivered == .tooLarge,
            let value = refused.value.flatMap(StrategyResult.withoutSeries)
        {
            var message = refused
            (message.value, message.isAlone) = (value, true)
            return message
        }
        var message =
            part == .deadLetter || form == .deadLetter
            ? smallDeadLetter(for: request, part: part, size: size, part == .deadLetter ? refused : nil, failure)
            : smallResult(for: request, part: part, size: size, failure)
        // What it replaces was refused by itself; so will this be, if it is.
        message.isAlone = true
        return message
    }

    /// Its key is short, which that of the request need not be.
    ///
    /// - Parameter refused: the dead letter that it replaces; nil where it replaces a result.
    private func smallDeadLetter(
        for request: InFlightRequest, part: MessagePart, size: Int, _ refused: OutgoingMessage?,
        _ failure: KafkaFailure
    ) -> OutgoingMessage {
        let headers = refused.map(Self.originalHeaders) ?? []
        let reason =
            request.failure ?? DeadLetter.failure(of: headers) ?? StrategyResult.Failure(problem(size: size, failure))
        return OutgoingMessage(
            topic: topics.deadLetters, key: Array(request.origin.coordinates.utf8),
            value: DeadLetter.truncated(origin: request.origin, failure: reason, size: size),
            headers: .list(
                DeadLetter.headers(origin: request.origin, failure: reason, node: node).map(KafkaHeader.init)),
            token: request.token, part: part, status: part == .deadLetter ? request.status : .failed)
    }

    private static func originalHeaders(_ deadLetter: OutgoingMessage) -> [MessageHeader] {
        guard case .list(let headers) = deadLetter.headers else { return [] }
        return headers.map { MessageHeader(name: $0.name, value: $0.value) }
    }

    private func problem(size: Int, _ failure: KafkaFailure) -> RequestProblem {
        guard failure.undelivered == .tooLarge else {
            return RequestProblem(.resultRefused, "the results topic refuses the result: \(failure)")
        }
        return RequestProblem(
            .resultTooLarge,
            "the result has \(size) bytes, more than the results topic takes; ask for less output "
                + "or raise max.message.bytes of the topic and message.max.bytes under kafka.producer")
    }

    private func smallResult(
        for request: InFlightRequest, part: MessagePart, size: Int, _ failure: KafkaFailure
    ) -> OutgoingMessage {
        // The key may be what is too large; the id, which is short, is in the result.
        let origin = RequestOrigin(
            topic: request.origin.topic, partition: request.origin.partition, offset: request.origin.offset, key: nil)
        var result = StrategyResult(
            requestID: request.requestID, status: request.status,
            failure: request.failure ?? StrategyResult.Failure(problem(size: size, failure)), origin: origin,
            node: node, timing: ResultTiming(queuedMs: 0, stepMs: 0, totalMs: 0))
        result.type = request.type
        result.strategy = request.strategy
        // What is too large may be the labels themselves.
        if request.labels.count <= 4096 { result.labels = request.labels }
        return message(result, token: request.token, part: part, echoing: [])
    }

    private func message(
        _ result: StrategyResult, token: UInt64, part: MessagePart, echoing echoed: [MessageHeader]
    ) -> OutgoingMessage {
        let event = CloudEventHeaders.Event(
            partition: result.origin.partition, offset: result.origin.offset, time: .now())
        let again = echoed.lazy.filter { CorrelationHeaders.names.contains($0.name) }.map(KafkaHeader.init)
        return OutgoingMessage(
            topic: topics.results, key: result.origin.key ?? Array(result.requestID.utf8), value: result.encoded(),
            headers: .event(envelope, event, echoed: Array(again)), token: token, part: part, status: result.status)
    }

    /// Hands a message to the producer. A full queue keeps it in the outbox; a refusal goes to the consumer thread.
    func send(_ message: OutgoingMessage) { inOrder { sendNow(message) } }

    private func sendNow(_ messages: [OutgoingMessage]) { for message in messages { sendNow(message) } }

    private func sendNow(_ message: OutgoingMessage) {
        // What waits in the outbox may be an earlier one of its lane.
        let mayPass = sending == nil || !state.isOutputFull
        // The consumer thread is told once, to stop taking; the deliveries that make room wake it by themselves.
        if !(mayPass && take(message)), state.putOff(message) { state.consumerWake.signal() }
    }

    /// Sends what found the queue full, in order, as far as there is room now.
    func sendOutbox() {
        inOrder {
            let messages = state.takeOutbox()
            guard let first = messages.firstIndex(where: { !take($0) }) else { return }
            state.putOffAgain(messages[first...])
        }
    }

    /// Does what takes messages out of where they wait and hands them over, in one: else one that is published later could
    /// come between.
    private func inOrder(_ body: () -> Void) {
        if let sending { sending.run(body) } else { body() }
    }

    /// False: there is no room in the producer's queue.
    private func take(_ message: OutgoingMessage) -> Bool {
        switch producers.produce(message) {
        case .queued: return true
        case .full: return false
        case .failed(let failure):
            state.noteRefused(RefusedMessage(message: message, failure: failure))
            state.consumerWake.signal()
            return true
        }
    }
}

/// One thread at a time sends. The producer only copies, so that none waits long.
private final class SendOrder: Sendable {
    private let turn = Mutex(())

    func run(_ body: () -> Void) { turn.withLock { _ in body() } }
}

/// Headers of a request that its result carries again: tracing, and what correlates the two.
private enum CorrelationHeaders {
    static let names: Set<String> = [
        "traceparent", "tracestate", "baggage", "correlation-id", "correlation_id", "correlationId", "reply-to",
    ]
}

extension KafkaHeader {
    init(_ header: MessageHeader) { self.init(name: header.name, value: header.value) }
}
