import Kafka
import Messages
import Strategies
import Worker

/// What the results topic says of a sweep's steps.
struct AnsweredSteps {
    /// The steps that have a completed result.
    private(set) var completed: Set<Int> = []
    /// The requests whose result is a failure.
    private var failed: Set<RequestPlace> = []
    private let merge: SweepMerge
    private let digest: String

    init(of plan: SweepPlan) {
        merge = SweepMerge(id: plan.id)
        digest = plan.digest
    }

    /// Reads the topic to its present end.
    /// - Returns: false where it was interrupted.
    mutating func read(
        _ connection: KafkaConnection, unless interruption: inout Interruption
    ) throws(CommandFailure) -> Bool {
        let scan = TopicScan(connection: connection, topic: connection.topics.results)
        var found = self
        defer { self = found }
        return try scan.readToEnd(unless: &interruption) { record, seen in
            found.take(record.value ?? [])
            return "looking for steps that failed: \(seen) results"
        }
    }

    mutating func take(_ result: [UInt8]) {
        guard let value = try? JSONValue.parse(result), let step = merge.stepID(of: value), step.digest == digest
        else { return }
        if value["status"]?.string == ResultStatus.completed.rawValue {
            completed.insert(step.step)
        } else if let place = RequestPlace(ofResult: value) {
            failed.insert(place)
        }
    }

    /// Whether a step must be sent for it ever to be complete: one whose last request has no result yet is under way.
    func needs(_ step: Int, sentAt places: [RequestPlace]) -> Bool {
        !completed.contains(step) && places.allSatisfy(failed.contains)
    }
}
