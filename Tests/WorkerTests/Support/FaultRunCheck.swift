import Kafka
import Messages
import Testing

/// What became of the requests of a fault run, looked at from outside: nothing is lost, a lane's results are in its
/// order, and nothing is there twice but what a node had at its crash.
struct FaultRunCheck {
    /// From when to when (ms of the wall clock) a node of this name was gone, or stood still.
    struct Crash {
        let node: String
        let begin: Int64
        let end: Int64

        /// What a node had not committed when it was killed may be as old as this: a commit waits for a coordinator.
        private static let slackMs: Int64 = 10_000

        func excuses(_ outcome: Outcome) -> Bool {
            outcome.node == node && (begin - Self.slackMs...end + Self.slackMs).contains(outcome.timeMs)
        }
    }

    struct Outcome: CustomStringConvertible {
        let node: String
        let timeMs: Int64
        /// Where it stands in the results topic, and its request in its own.
        let place: String
        let request: String

        var description: String { "\(node) at \(timeMs) in \(place) of \(request)" }
    }

    /// What runs one after the other: the requests of a partition, or those of a key in it. Their results are in order
    /// within a partition of the results topic only.
    private struct Lane: Hashable {
        let results: Int32
        let requests: Int
        let key: UInt8?
    }

    private(set) var outcomes: [String: [Outcome]] = [:]
    private(set) var outOfOrder: [String] = []

    /// - Parameters:
    ///   - records: the results, each partition's in order.
    ///   - ordering: as in the configuration.
    init(_ records: [KafkaRecord], ordering: String) throws {
        var last: [Lane: Int] = [:]
        for record in records {
            let result = try JSONValue.parse(record.value ?? [])
            let id = result["request_id"]?.string ?? ""
            let request = result["request"]
            let outcome = Outcome(
                node: result["node"]?.string ?? "", timeMs: record.timestampMs ?? 0,
                place: "\(record.partition)/\(record.offset)",
                request: "\(request?["partition"]?.text ?? "")/\(request?["offset"]?.text ?? "")")
            let isFirst = outcomes[id] == nil
            outcomes[id, default: []].append(outcome)
            guard isFirst, ordering != "unordered" else { continue }
            let lane = Lane(
                results: record.partition, requests: request?["partition"]?.integer ?? -1,
                key: ordering == "key" ? record.key?.first : nil)
            let offset = request?["offset"]?.integer ?? -1
            if offset <= last[lane] ?? -1 { outOfOrder.append(id) }
            last[lane] = max(offset, last[lane] ?? -1)
        }
    }

    var twice: Int { outcomes.values.reduce(0) { $0 + $1.count - 1 } }

    /// Who is there more than once, though no more than one of the nodes that ran it can have known of the others.
    func inexcusable(_ crashes: [Crash]) -> [String] {
        outcomes.filter { _, all in
            all.filter { outcome in !crashes.contains { $0.excuses(outcome) } }.count > 1
        }.map { id, all in "\(id) by \(all)" }.sorted()
    }
}
