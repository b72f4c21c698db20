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
        case addOffsets(KafkaProducer, [CommitEntry], GroupMembership, GroupOffsets)
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

    /// Of which partitions there were offsets.
    private struct Offsets {
        /// In the last transaction that had any.
        var last: [Int32] = []
        /// In the one before, until the group has taken them up.
        var before: [Int32] = []
    }

    /// The thread's body.
    func run() {
        var offsets = Offsets()
        while end.mayGoOn {
            let next = asked.withLock { $0.take() }
            guard let next else {
                end.sleep(until: MonotonicTime.now().adding(milliseconds: 60_000))
                continue
            }
            note(make(next.work, next.number, &offsets))
        }
    }

    private func make(_ work: Work, _ number: UInt64, _ offsets: inout Offsets) -> Answer {
        do throws(TransactionFailure) {
            switch work {
            case .open(let producer): try producer.initTransactions(timeoutMs: Self.pieceMs)
            case .begin(let producer, let messages):
                try producer.beginTransaction()
                offsets.before = offsets.last
                return produce(messages, producer, number)
            case .addOffsets(let producer, let entries, let membership, let group):
                // An empty list is no call at all.
                guard !entries.isEmpty else { break }
                let partitions = entries.map(\.partition)
                guard haveBeenTakenUp(&offsets.before, group, rather: partitions) else {
                    return Answer(number: number, answer: .again, failure: nil)
                }
                offsets.last = partitions
                try producer.addOffsets(entries, of: topic, as: membership, timeoutMs: Self.offsetsMs)
            case .commit(let producer): try producer.commitTransaction(timeoutMs: Self.pieceMs)
            case .abort(let producer): try producer.abortTransaction(timeoutMs: Self.pieceMs)
            }
            return Answer(number: number, answer: .done, failure: nil)
        } catch {
            return Answer(number: number, answer: TransactionAnswer(error.effect), failure: error.failure)
        }
    }

    /// A broker before 3.9.1 has the markers of a transaction written, and its end told, before the group's coordinator has
    /// taken up its offsets (KAFKA-17507). Where the same producer's next ones reach it in between, it drops both, and
    /// whoever has the partitions next runs again what was committed. They are in nobody's way while messages are sent.
    private func haveBeenTakenUp(_ before: inout [Int32], _ group: GroupOffsets, rather own: [Int32]) -> Bool {
        // It takes up all of a transaction at once. One of another node's by now may be in its transaction.
        guard let one = before.first(where: own.contains) ?? before.first else { return true }
        guard group.areDecided(of: one, timeoutMs: Self.pieceMs) else { return false }
        before = []
        return true
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
