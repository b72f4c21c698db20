import Kafka
import Messages
import Strategies
import Worker

/// Which steps of a sweep the requests topic holds.
struct SentSteps {
    private(set) var numbers: Set<Int> = []
    private let prefix: String
    private let stepCount: Int

    init(of plan: SweepPlan) {
        prefix = String(plan.requestID(ofStep: 0).dropLast())
        stepCount = plan.stepCount
    }

    /// Reads the topic to its present end.
    /// - Returns: false where it was interrupted.
    mutating func read(
        _ connection: KafkaConnection, unless interruption: inout Interruption
    ) throws(CommandFailure) -> Bool {
        let scan = TopicScan(connection: connection, topic: connection.topics.requests)
        var progress = ProgressLine()
        var seen = 0
        var found = self
        var isInterrupted = false
        _ = try scan.run { event throws(CommandFailure) in
            if case .record(let record) = event {
                seen += 1
                found.take(record.value ?? [])
                progress.show("looking for steps that were sent before: \(seen) requests, \(found.numbers.count) found")
            }
            isInterrupted = interruption.check()
            return !isInterrupted && found.numbers.count < found.stepCount
        }
        progress.clear()
        self = found
        return !isInterrupted
    }

    private mutating func take(_ request: [UInt8]) {
        guard let id = (try? JSONValue.parse(request))?["request_id"]?.string, id.hasPrefix(prefix),
            let number = Int(id.dropFirst(prefix.count)), (0..<stepCount).contains(number)
        else { return }
        numbers.insert(number)
    }
}
