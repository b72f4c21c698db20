import Kafka
import Messages
import Strategies
import Worker

/// Which steps of a sweep the requests topic holds.
struct SentSteps {
    /// By the steps' numbers, where their requests lie: a step that was sent again has several.
    private(set) var places: [Int: [RequestPlace]] = [:]
    /// Whether the topic holds steps of another sweep under the same id.
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

    /// The last step may have fewer sets than the others, but says where it begins.
    private static func setsPerStep(_ place: JSONValue?) -> Int? {
        guard let step = place?["step"]?.integer, let first = place?["first"]?.integer,
            let count = place?["count"]?.integer, step >= 0, first >= 0
        else { return nil }
        return step == 0 ? count : first / step
    }

    private mutating func take(_ record: KafkaRecord, in topic: String) {
        guard let value = try? JSONValue.parse(record.value ?? []), value["type"]?.string == "optimization",
            let step = value["request_id"]?.string.flatMap(StepID.init), step.sweep == id
        else { return }
        if step.digest != digest {
            hasOther = true
        } else {
            setsPerStep = setsPerStep ?? Self.setsPerStep(value["step"])
            places[step.step, default: []].append(RequestPlace(of: record, in: topic))
        }
    }
}
