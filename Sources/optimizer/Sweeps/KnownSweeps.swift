import Kafka
import Messages
import Strategies
import Worker

/// The sweeps that the topics know, by name: a bounded number of them.
struct KnownSweeps {
    private var names: Set<String> = []
    private static let most = 1000
    private static let shown = 10

    /// Takes a request's or a result's id for a step's, where it is one.
    mutating func note(_ message: JSONValue) {
        guard names.count < Self.most, let step = message["request_id"]?.string.flatMap(StepID.init) else { return }
        names.insert(step.sweep)
    }

    /// Looks through the requests for a step of this sweep.
    /// - Returns: whether there is one, or that cannot be told: the topic may not be for this user's eyes.
    mutating func findRequest(
        of sweep: String, _ connection: KafkaConnection, unless interruption: inout Interruption
    ) -> Bool {
        let scan = TopicScan(connection: connection, topic: connection.topics.requests)
        var found = self
        var isFound = false
        do throws(CommandFailure) {
            _ = try scan.run { event throws(CommandFailure) in
                guard case .record(let record) = event else { return !interruption.check() }
                guard let request = record.value.flatMap({ try? JSONValue.parse($0) }) else { return true }
                found.note(request)
                isFound = request["request_id"]?.string.flatMap(StepID.init)?.sweep == sweep
                return !isFound
            }
        } catch {
            return true
        }
        self = found
        return isFound || interruption.hasCome
    }

    /// What to say of a sweep that neither topic knows.
    func unknown(_ sweep: String, results: String, requests: String) -> String {
        if names.contains(WalkForwardPlan.sweepID(of: sweep, window: 1)) {
            return "\(sweep) is a walk-forward: optimizer results --walk-forward \(sweep)"
        }
        let known = names.sorted()
        let hint = nearestNameHint(to: sweep, in: known)
        let list = known.prefix(Self.shown).joined(separator: ", ") + (known.count > Self.shown ? ", …" : "")
        return "no sweep \"\(sweep)\": neither \(results) nor \(requests) holds a step of it\(hint)"
            + (known.isEmpty ? "" : "; they hold steps of: \(list)")
    }
}
