import Kafka
import Messages
import Scheduling

/// Exactly once: what the core asks of the producer of transactions, and the messages that wait for one.
extension ConsumerLoop {
    /// What a node has that delivers exactly once. The consumer thread's.
    final class Transacting {
        let waiting: WaitingResults
        let caller: TransactionCaller
        /// By request, in the form that is to be published.
        var messages: [UInt64: [OutgoingMessage]] = [:]
        /// Of the transaction under way: messages that were not taken for what they are.
        var refused: [RefusedMessage] = []
        /// Of the transaction under way: messages that found no room, together with the others.
        var isOverfull = false
        /// The requests of the transaction under way.
        var tokens: [UInt64] = []

        init(waiting: WaitingResults, caller: TransactionCaller) {
            self.waiting = waiting
            self.caller = caller
        }
    }

    /// Tells the core what has been published since, and what came of its calls.
    func advanceTransactions(_ now: MonotonicTime) {
        guard let transacting else { return }
        for message in transacting.waiting.take() { wait(message) }
        if let answer = transacting.caller.takeAnswer() { hear(answer, now) }
    }

    private func wait(_ message: OutgoingMessage) {
        guard core.published(message.token, message.part, message.status, bytes: message.size) else {
            transacting?.waiting.release(bytes: message.size)
            return
        }
        transacting?.messages[message.token, default: []].append(message)
    }

    // MARK: Calls

    func ask(_ call: TransactionCall, number: UInt64) {
        do throws(KafkaFailure) {
            guard let work = try work(of: call) else {
                // It is a member of no group any more: what it would commit would be refused.
                transacting?.caller.note(.init(number: number, answer: .abortable, failure: nil))
                return
            }
            transacting?.caller.ask(work, number: number)
        } catch {
            transacting?.caller.note(.init(number: number, answer: .fatal, failure: error))
        }
    }

    private func work(of call: TransactionCall) throws(KafkaFailure) -> TransactionCaller.Work? {
        switch call {
        case .open(let isNew): return .open(isNew ? try producers.replace() : producers.current)
        case .begin(let tokens):
            transacting?.tokens = tokens
            transacting?.refused = []
            transacting?.isOverfull = false
            return .begin(producers.current, tokens.flatMap { transacting?.messages[$0] ?? [] })
        case .addOffsets(let parts):
            // As the member that it is now, while the partitions are its own: the group refuses it as any other.
            guard let membership = consumer.membership else { return nil }
            return .addOffsets(producers.current, parts.map(CommitEntry.init), membership, consumer.groupOffsets)
        case .commit: return .commit(producers.current)
        case .abort: return .abort(producers.current)
        }
    }

    // MARK: Answers

    private func hear(_ answer: TransactionCaller.Answer, _ now: MonotonicTime) {
        transacting?.refused += answer.refused
        if answer.isOverfull { transacting?.isOverfull = true }
        if let failure = answer.failure { note(failure) }
        let (refused, isOverfull) = (transacting?.refused ?? [], transacting?.isOverfull ?? false)
        // Alone it was refused for itself, in this form.
        if transacting?.tokens.count == 1 {
            for refused in refused { undelivered(refused.message, refused.failure, wasAlone: true, now) }
            transacting?.refused = []
        }
        hear(
            .transactionAnswered(
                number: answer.number, answer.answer, hasRefusal: !refused.isEmpty || isOverfull), now)
    }

    /// The producer has met a failure.
    func note(_ failure: KafkaFailure) {
        // Fatal is fatal for the producer, and the core has another made; but not where that would be refused as well.
        let lasting = KafkaFailure.known(failure.code)
        if lasting.kind == .authorization || lasting.kind == .configuration || lasting.name == "_UNSUPPORTED_FEATURE" {
            failures.note(failure, .producer, "a transaction", .error, "Kafka refuses this node for good; it ends")
            return endNow(NodeEnd.Reason(lasting.kind), failure)
        }
        health.noteCommit(failure: failure.description)
        guard failure.kind != .fenced, failure.kind != .fatal else {
            return failures.note(failure, .producer, "a transaction", .warning, "the producer can do no more")
        }
        handle(failure, "a transaction", .producer)
    }

    /// A message of a transaction came back; it will be aborted.
    func undeliveredInTransaction(_ message: OutgoingMessage, _ failure: KafkaFailure, _ now: MonotonicTime) {
        switch failure.undelivered {
        case .dropped, .again: break
        case .refused, .tooLarge: transacting?.refused.append(RefusedMessage(message: message, failure: failure))
        // Another has the producer's place, or it can do no more: its calls say so.
        case .hopeless where failure.kind == .fenced || failure.kind == .fatal: break
        case .hopeless: undelivered(message, failure, wasAlone: false, now)
        }
    }

    /// A message takes the place of one of its request that was refused; nil: there is none any more.
    func replaceWaiting(_ message: OutgoingMessage, with other: OutgoingMessage?) {
        guard let messages = transacting?.messages[message.token],
            let place = messages.firstIndex(where: { $0.part == message.part })
        else { return }
        transacting?.waiting.release(bytes: messages[place].size - (other?.size ?? 0))
        if let other {
            transacting?.messages[message.token]?[place] = other
        } else {
            transacting?.messages[message.token]?.remove(at: place)
        }
    }

    // MARK: Ends

    func settled(_ now: MonotonicTime) {
        metrics.noteCommit()
        health.noteCommit(failure: nil)
        for request in core.takeSettled() {
            let messages = transacting?.messages[request.token] ?? []
            if messages.contains(where: { $0.part == .deadLetter }) { metrics.noteDeadLetter() }
            drop([request.token])
            done(request, now)
        }
    }

    func drop(_ tokens: [UInt64]) {
        for token in tokens {
            guard let messages = transacting?.messages.removeValue(forKey: token) else { continue }
            transacting?.waiting.release(bytes: messages.reduce(0) { $0 + $1.size })
        }
    }

    func transactionEnded(_ end: TransactionEnd, requests: Int) {
        metrics.transaction(end)
        guard end != .committed else { return }
        metrics.noteCommitFailure()
        health.noteCommit(failure: "the last transaction was not committed")
        log.warning(
            end == .aborted
                ? "a transaction was aborted; its results wait for the next one"
                : "nobody has said whether a transaction was committed; that is found out before the next one",
            JSONMember("requests", .integer(requests)))
    }

    func transactionFenced() {
        health.noteFenced()
        metrics.fenced()
        let failure = KafkaFailure.producerFenced(
            "another producer has the transactional id \(settings.transactionalID ?? "")")
        failures.note(failure, .producer, "a transaction", .error, "Kafka refuses this node for good; it ends")
        endNow(.fenced, failure)
    }
}
