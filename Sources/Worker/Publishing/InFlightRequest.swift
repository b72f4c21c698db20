import Messages
import Scheduling

/// What the node must know of a request until its messages are acknowledged.
struct InFlightRequest: Sendable {
    /// What of a message is published, once its topic has refused the form before.
    enum Form: Sendable {
        case full
        /// A small result, or the coordinates of a dead letter.
        case small
        /// In the place of a result that its topic takes in no form.
        case deadLetter
    }

    let token: UInt64
    let requestID: String
    let origin: RequestOrigin
    let arrivedAt: MonotonicTime
    /// When the record was stamped, by its producer or by the broker.
    let recordTime: Timestamp?
    /// Why the request was refused, if it was.
    let failure: StrategyResult.Failure?
    /// Of the request's record; they name its trace.
    let headers: [MessageHeader]
    /// What the record took.
    let bytes: Int
    let type: String
    let strategy: String?
    /// In the metrics.
    let strategyIndex: Int
    /// How it came out, once its result is acknowledged.
    private(set) var status: ResultStatus
    let labels: [JSONMember]
    /// Of a refused request's two messages, whether one has been acknowledged.
    private var hasHalf = false
    /// The forms of messages that were refused and have been replaced.
    private var forms: [OutgoingMessage.Part: Form] = [:]

    /// A request that waits for a slot or runs. Its body is the step's, which is gone once it has its result.
    init(_ step: Step, recordTime: Timestamp?, bytes: Int) {
        self.recordTime = recordTime
        self.bytes = bytes
        token = step.token
        requestID = step.request.requestID
        origin = step.origin
        arrivedAt = step.arrivedAt
        failure = nil
        headers = step.headers
        type = step.request.type
        strategy = step.request.strategy
        strategyIndex = step.strategyIndex
        status = .failed
        labels = step.request.labels
    }

    /// A request that was refused.
    init(
        token: UInt64, refusal: RequestIntake.Refusal, origin: RequestOrigin, headers: [MessageHeader],
        arrivedAt: MonotonicTime, recordTime: Timestamp?, bytes: Int, failure: StrategyResult.Failure
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
        self.headers = headers
        self.bytes = bytes
    }

    /// The form that follows on the one that was refused; nil where none is left.
    mutating func nextForm(_ part: OutgoingMessage.Part) -> Form? {
        switch forms[part, default: .full] {
        case .full: forms[part] = .small
        // A refused request has its dead letter on the way already.
        case .small where part == .result: forms[part] = .deadLetter
        case .small, .deadLetter: return nil
        }
        return forms[part]
    }

    /// Notes that one message is acknowledged; true when that makes the request done.
    mutating func acknowledge(_ part: OutgoingMessage.Part, _ status: ResultStatus) -> Bool {
        if part != .deadLetter { self.status = status }
        if part == .result || hasHalf { return true }
        hasHalf = true
        return false
    }
}
