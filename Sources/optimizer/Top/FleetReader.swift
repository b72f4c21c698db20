import Kafka
import Messages
import Scheduling
import System
import Worker

/// Reads the metrics topic into a fleet.
struct FleetReader: ~Copyable {
    /// So far back the nodes' events are looked for, so that there is something to show at once.
    static let usualHistoryMs = 20_000

    let topic: String
    private let historyMs: Int
    private let reader: TopicReader
    private(set) var fleet = Fleet()
    private(set) var history = FleetHistory()
    /// Whether what lay in the topic at the start has been read.
    private(set) var isCaughtUp = false
    /// What keeps the topic from being read; nil once something has come again.
    private(set) var problem: String?

    init(_ connection: KafkaConnection, historyMs: Int = usualHistoryMs) throws(CommandFailure) {
        let name = connection.topics.metrics
        topic = name
        self.historyMs = historyMs
        _ = try connection.topic(name)
        do throws(KafkaFailure) {
            reader = try TopicReader(
                connection.clients.readerProperties(),
                topics: [(name, .timestamp(Timestamp.now().milliseconds - Int64(historyMs)))])
        } catch {
            throw CommandFailure(error, "read the topic \(name)")
        }
    }

    deinit {
        reader.close()
    }

    /// Takes what has come; waits up to so long where there is nothing.
    /// - Throws: a failure that does not mend itself.
    mutating func read(timeoutMs: Int32) throws(CommandFailure) {
        var wait = timeoutMs
        // A busy fleet must not keep the screen from being drawn.
        for _ in 0..<1000 {
            switch reader.next(timeoutMs: wait) {
            case .record(_, let record): take(record)
            case .caughtUp: isCaughtUp = true
            case .idle:
                if isCaughtUp { history.advance(to: .now(), fleet) }
                return
            case .failure(let failure):
                guard failure.isTemporary else { throw CommandFailure(failure, "read the metrics events") }
                problem = failure.description
            }
            wait = 0
        }
    }

    mutating func forgetGone() { fleet.forgetGone(at: .now()) }

    private mutating func take(_ record: KafkaRecord) {
        problem = nil
        // The topic is anybody's: what is no event of a node's is none of ours.
        guard let value = record.value, let event = try? JSONValue.parse(value) else { return }
        let now = MonotonicTime.now()
        // What lay in the topic is as old as its stamp says. Later the clocks of other machines do not matter.
        let age =
            isCaughtUp ? 0 : Self.age(stampedAt: record.timestampMs, at: .now(), historyMs: historyMs)
        let heardAt = now.adding(milliseconds: -(age ?? 0))
        // One stamp of the future must not end the past: all that lies behind it would come too late.
        if age != nil { history.advance(to: heardAt, fleet) }
        fleet.take(event, at: heardAt)
    }

    /// How old a record is, in milliseconds, at most as long as is looked back; nil: its stamp does not say.
    static func age(stampedAt stamp: Int64?, at now: Timestamp, historyMs: Int) -> Int? {
        guard let stamp else { return nil }
        let age = now.milliseconds(since: Timestamp(milliseconds: stamp))
        return age < 0 ? nil : Int(min(age, Int64(historyMs)))
    }
}
