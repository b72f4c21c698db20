import Messages
import Scheduling

/// What the node must know of a request until its messages are acknowledged.
struct InFlightRequest: Sendable {
    let token: UInt64
    let requestID: String
    let origin: RequestOrigin
    let arrivedAt: MonotonicTime
    /// When the record was stamped, by its producer or by the broker.
    let recordTime: Timestamp?
    /// Why the request was refused, if it was.
    let failure: StrategyResult.Failure?
    /// The step, where there is one.
    let step: Step?
    let type: String
    let strategy: String?
    /// In the metrics.
    let strategyIndex: Int
    /// How it came out, once its result is acknowledged.
    private(set) var status: ResultStatus
    let labels: [JSONMember]
    /// Of a refused request's two messages, whether one has been acknowledged.
    private var hasHalf = false
    /// Messages that were too large and have been replaced by a small one.
    private var replaced: [OutgoingMessage.Part] = []

    /// A request that waits for a slot or runs.
    init(_ step: Step, recordTime: Timestamp?) {
        self.recordTime = recordTime
        token = step.token
        requestID = step.request.requestID
        origin = step.origin
        arrivedAt = step.arrivedAt
        failure = nil
        self.step = step
        type = step.request.type
        strategy = step.request.strategy
        strategyIndex = step.strategyIndex
        status = .failed
        labels = step.request.labels
    }

    /// A request that was refused.
    init(
        token: UInt64, refusal: RequestIntake.Refusal, origin: RequestOrigin, arrivedAt: MonotonicTime,
        recordTime: Timestamp?, failure: StrategyResult.Failure
    ) {
        self.token = token
        requestID = refusal.requestID
        type = refusal.type
        strategy = refusal.strategy
        strategyIndex = refusal.strategyIndex
        status = .rejected
        labels = refusal.labels
        self.origin = origin
        self.arrivedAt = arrivedAt
        self.recordTime = recordTime
        self.failure = failure
        step = nil
    }

    func isReplaced(_ part: OutgoingMessage.Part) -> Bool { replaced.contains(part) }

    mutating func noteReplaced(_ part: OutgoingMessage.Part) { replaced.append(part) }

    /// Notes that one message is acknowledged; true when that makes the request done.
    mutating func acknowledge(_ part: OutgoingMessage.Part, _ status: ResultStatus) -> Bool {
        if part != .deadLetter { self.status = status }
        if part == .result || hasHalf { return true }
        hasHalf = true
        return false
    }
}
