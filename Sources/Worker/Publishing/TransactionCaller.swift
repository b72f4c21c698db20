import Kafka
import Scheduling
import Synchronization
import System

/// The transaction thread: makes the calls to the producer of transactions, which wait for brokers. One at a time; the
/// consumer thread asks for them, and drains the deliveries meanwhile, without which no commit ends.
///
/// Nothing waits for it: a call may last as long as brokers keep it, though none is asked to for longer than some seconds.
final class TransactionCaller: Sendable {
    /// A call with all that it needs.
    enum Work: Sendable {
        case open(KafkaProducer)
        case begin(KafkaProducer, [OutgoingMessage])
        case addOffsets(KafkaProducer, [CommitEntry], GroupMembership)
        case commit(KafkaProducer)
        case abort(KafkaProducer)
    }

    struct Answer: Sendable {
        let number: UInt64
        let answer: TransactionAnswer
        let failure: KafkaFailure?
        /// Messages that the producer has not taken into its queue; of one for which there was no room, none.
        var refused: [RefusedMessage] = []
        /// There was no room for all of them.
        var isOverfull = false
    }

    private static let pieceMs: Int32 = 1000
    /// This call begins anew each time, with all that has to be asked for it.
    private static let offsetsMs: Int32 = 5000

    private let topic: String
    private let end: ThreadEnd
    private let consumerWake: WakeDescriptor
    private let asked = Mutex<(number: UInt64, work: Work)?>(nil)
    private let answer = Mutex<Answer?>(nil)

    /// - Parameter topic: of the requests.
    init(topic: String, consumerWake: WakeDescriptor) throws(SystemFailure) {
        self.topic = topic
        self.consumerWake = consumerWake
        end = try ThreadEnd()
    }

    func stop() { end.ask() }

    /// Asks for a call. The one before it is answered.
    func ask(_ work: Work, number: UInt64) {
        asked.withLock { $0 = (number, work) }
        end.wake()
    }

    /// The consumer thread hears of it without asking.
    func note(_ answer: Answer) {
        self.answer.withLock { $0 = answer }
        consumerWake.signal()
    }

    func takeAnswer() -> Answer? { answer.withLock { $0.take() } }

    /// The thread's body.
    func run() {
        while end.mayGoOn {
            let next = asked.withLock { $0.take() }
            guard let next else {
                end.sleep(until: MonotonicTime.now().adding(milliseconds: 60_000))
                continue
            }
            note(make(next.work, next.number))
        }
    }

    private func make(_ work: Work, _ number: UInt64) -> Answer {
        do throws(TransactionFailure) {
            switch work {
            case .open(let producer): try producer.initTransactions(timeoutMs: Self.pieceMs)
            case .begin(let producer, let messages):
                try producer.beginTransaction()
                return produce(messages, producer, number)
            case .addOffsets(let producer, let entries, let membership):
                // An empty list is no call at all.
                guard !entries.isEmpty else { break }
                try producer.addOffsets(entries, of: topic, as: membership, timeoutMs: Self.offsetsMs)
            case .commit(let producer): try producer.commitTransaction(timeoutMs: Self.pieceMs)
            case .abort(let producer): try producer.abortTransaction(timeoutMs: Self.pieceMs)
            }
            return Answer(number: number, answer: .done, failure: nil)
        } catch {
            return Answer(number: number, answer: TransactionAnswer(error.effect), failure: error.failure)
        }
    }

    private func produce(_ messages: [OutgoingMessage], _ producer: KafkaProducer, _ number: UInt64) -> Answer {
        for message in messages {
            switch producer.produce(message) {
            case .queued: break
            case .full: return Answer(number: number, answer: .abortable, failure: nil, isOverfull: true)
            case .failed(let failure) where failure.kind == .fenced:
                return Answer(number: number, answer: .fenced, failure: failure)
            case .failed(let failure) where failure.kind == .fatal:
                return Answer(number: number, answer: .fatal, failure: failure)
            // The transaction has failed meanwhile.
            case .failed(let failure) where failure.name == "_STATE":
                return Answer(number: number, answer: .abortable, failure: failure)
            case .failed(let failure):
                let refused = RefusedMessage(message: message, failure: failure)
                return Answer(number: number, answer: .abortable, failure: failure, refused: [refused])
            }
        }
        return Answer(number: number, answer: .done, failure: nil)
    }
}

extension TransactionAnswer {
    init(_ effect: TransactionFailure.Effect) {
        self =
            switch effect {
            case .again: .again
            case .abortable: .abortable
            case .fenced: .fenced
            case .fatal: .fatal
            }
    }
}
