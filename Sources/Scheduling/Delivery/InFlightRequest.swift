package import Messages

/// What the node must know of a request until its messages are acknowledged.
///
/// Its body is not among it: that is the step's, which is gone once it has its result.
package struct InFlightRequest: Sendable {
    /// What does not change: in one place, so that what is noted of a request moves no more than a reference.
    package final class Facts: Sendable {
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
        /// As `StrategyRequest.labels`.
        package let labels: [UInt8]

        package init(
            token: UInt64, requestID: String, type: String, strategy: String?, strategyIndex: Int, labels: [UInt8],
            origin: RequestOrigin, headers: [MessageHeader], arrivedAt: MonotonicTime, recordTime: Timestamp?,
            failure: StrategyResult.Failure? = nil
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
        }
    }

    private let facts: Facts
    /// How it came out, once its result is acknowledged.
    package private(set) var status: ResultStatus
    private var hasResult = false
    private var hasDeadLetter = false
    /// The forms of messages that were refused and have been replaced.
    private var forms: [MessagePart: MessageForm] = [:]

    /// A request that waits for a slot or runs.
    package init(_ step: Step, recordTime: Timestamp?) {
        facts = Facts(
            token: step.token, requestID: step.request.requestID, type: step.request.type,
            strategy: step.request.strategy, strategyIndex: step.strategyIndex, labels: step.request.labels,
            origin: step.origin, headers: step.headers, arrivedAt: step.arrivedAt, recordTime: recordTime)
        status = .failed
    }

    /// A request that was refused.
    package init(refused facts: Facts) {
        self.facts = facts
        status = .rejected
    }

    package var token: UInt64 { facts.token }
    package var requestID: String { facts.requestID }
    package var origin: RequestOrigin { facts.origin }
    package var arrivedAt: MonotonicTime { facts.arrivedAt }
    package var recordTime: Timestamp? { facts.recordTime }
    package var failure: StrategyResult.Failure? { facts.failure }
    package var headers: [MessageHeader] { facts.headers }
    package var type: String { facts.type }
    package var strategy: String? { facts.strategy }
    package var strategyIndex: Int { facts.strategyIndex }
    package var labels: [UInt8] { facts.labels }

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
