import Kafka
import Messages
import Metrics
import Scheduling
import Synchronization

/// The brokers as the node's clients see them, and the one line in the log when one goes and when it is back. Any
/// thread.
final class BrokerBoard: Sendable {
    private let table = Mutex(BrokerTable())
    private let log: Log

    init(log: Log) { self.log = log }

    var brokers: [BrokerTable.Broker] { table.withLock { $0.brokers } }

    func see(_ sightings: [BrokerSighting], by client: String, at now: MonotonicTime) {
        tell(table.withLock { $0.see(sightings, by: client, at: now) })
    }

    /// Which brokers the cluster says are alive.
    func list(_ nodes: Set<Int>, at now: MonotonicTime) {
        tell(table.withLock { $0.list(nodes, at: now) })
    }

    /// The addresses of the known brokers that a text names, together.
    func named(in text: String) -> String {
        brokers.map(\.address).filter { text.contains($0) }.joined(separator: ",")
    }

    func note(error text: String) { table.withLock { $0.note(error: text, at: .now()) } }

    /// For how long nothing has come from any broker; nil where that is not known.
    func silentMs(at now: MonotonicTime) -> Double? { table.withLock { $0.silentMs(at: now) } }

    /// The brokers with what is wrong with them, for a sentence.
    var described: String {
        let brokers = brokers
        let named = brokers.prefix(3).map { broker in
            broker.address + (broker.error.map { " (\($0.text))" } ?? "")
        }
        let more = brokers.count > named.count ? ["and \(brokers.count - named.count) more"] : []
        return (named + more).joined(separator: ", ")
    }

    private func tell(_ changes: [BrokerTable.Change]) {
        for change in changes {
            switch change {
            case .gone(let broker):
                log.warning(
                    "a broker cannot be reached", JSONMember("broker", .string(broker.address)),
                    JSONMember("error", broker.error.map { .string($0.text) } ?? .null))
            case .back(let broker, let awayMs):
                log.info(
                    "a broker is back", JSONMember("broker", .string(broker.address)),
                    JSONMember("away_ms", .integer(Int(awayMs))))
            }
        }
    }
}
