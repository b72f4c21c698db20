import Kafka
import Messages
import Strategies
import Worker

/// Which steps of a sweep the requests topic holds.
struct SentSteps {
    /// By the steps' numbers, where their requests lie: a step that was sent again has several.
    private(set) var places: [Int: [RequestPlace]] = [:]
    /// Whether the topic holds steps of another sweep under the same id, or of this one cut in two ways.
    private(set) var hasOther = false
    /// How the sweep was cut; nil where no step of it is there.
    private(set) var setsPerStep: Int?
    private let id: String
    private let digest: String

    init(of plan: SweepPlan) {
        id = plan.id
        digest = plan.digest
    }

    /// Reads the topic to its present end.
    /// - Returns: false where it was interrupted.
    mutating func read(
        _ connection: KafkaConnection, unless interruption: inout Interruption
    ) throws(CommandFailure) -> Bool {
        let scan = TopicScan(connection: connection, topic: connection.topics.requests)
        var found = self
        defer { self = found }
        return try scan.readToEnd(unless: &interruption) { record, seen in
            found.take(record, in: scan.topic)
            return "looking for steps that were sent before: \(seen) requests, \(found.places.count) found"
        }
    }

    mutating func take(_ record: KafkaRecord, in topic: String) {
        guard let value = try? JSONValue.parse(record.value ?? []), value["type"]?.string == "optimization",
            let step = value["request_id"]?.string.flatMap(StepID.init), step.sweep == id
        else { return }
        if step.digest != digest {
            hasOther = true
        } else {
            let sets = SweepPlan.setsPerStep(ofPlace: value["step"])
            if let sets, let setsPerStep, sets != setsPerStep { hasOther = true }
            setsPerStep = setsPerStep ?? sets
            places[step.step, default: []].append(RequestPlace(of: record, in: topic))
        }
    }
}
