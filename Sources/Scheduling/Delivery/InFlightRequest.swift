package import Messages

/// What the node must know of a request until its messages are acknowledged.
///
/// Its body is not among it: that is the step's, which is gone once it has its result.
package struct InFlightRequest: Sendable {
    package let token: UInt64
    package let requestID: String
    package let origin: RequestOrigin
    package let arrivedAt: MonotonicTime
    /// When the record was stamped, by its producer or by the broker.
    package let recordTime: Timestamp?
    /// Why the request was refused, if it was.
    package let failure: StrategyResult.Failure?
    /// Of the request's record; they name its trace.
    package let headers: [MessageHeader]
    package let type: String
    package let strategy: String?
    /// In the metrics.
    package let strategyIndex: Int
    package let labels: [UInt8]
    /// How it came out, once its result is acknowledged.
    package private(set) var status: ResultStatus
    private var hasResult = false
    private var hasDeadLetter = false
    /// The forms of messages that were refused and have been replaced.
    private var forms: [MessagePart: MessageForm] = [:]

    /// A request that waits for a slot or runs.
    package init(_ step: Step, recordTime: Timestamp?) {
        token = step.token
        requestID = step.request.requestID
        origin = step.origin
        arrivedAt = step.arrivedAt
        self.recordTime = recordTime
        failure = nil
        headers = step.headers
        type = step.request.type
        strategy = step.request.strategy
        strategyIndex = step.strategyIndex
        labels = step.request.labels
        status = .failed
    }

    /// A request that was refused.
    package init(
        token: UInt64, requestID: String, type: String, strategy: String?, strategyIndex: Int, labels: [UInt8],
        origin: RequestOrigin, headers: [MessageHeader], arrivedAt: MonotonicTime, recordTime: Timestamp?,
        failure: StrategyResult.Failure
    ) {
        self.token = token
        self.requestID = requestID
        self.origin = origin
        self.arrivedAt = arrivedAt
        self.recordTime = recordTime
        self.failure = failure
        self.headers = headers
        self.type = type
        self.strategy = strategy
        self.strategyIndex = strategyIndex
        self.labels = labels
        status = .rejected
    }

    /// The form that follows on the one that was refused; nil where none is left.
    mutating func nextForm(_ part: MessagePart) -> MessageForm? {
        switch forms[part, default: .full] {
        case .full: forms[part] = .small
        // A refused request has its dead letter on the way already.
        case .small where part == .result: forms[part] = .deadLetter
        case .small, .deadLetter: return nil
        }
        return forms[part]
    }

    /// Notes that one message is acknowledged; true when that makes the request done.
    mutating func acknowledge(_ part: MessagePart, _ status: ResultStatus) -> Bool {
        if part != .deadLetter { self.status = status }
        switch part {
        case .result: return true
        case .resultOfTwo: hasResult = true
        case .deadLetter: hasDeadLetter = true
        }
        return hasResult && hasDeadLetter || PlantedBug.acknowledgesHalf.isPlanted
    }
}
