/// Why a request cannot be run as it stands: the `error` of its result.
package struct RequestProblem: Error, Equatable, Sendable {
    /// The codes of the `error` member; they are contract.
    package enum Code: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case invalidRequest = "invalid_request"
        case unsupportedSchemaVersion = "unsupported_schema_version"
        case unknownStrategy = "unknown_strategy"
        case strategyDisabled = "strategy_disabled"
        case invalidParameters = "invalid_parameters"
        case unknownDataset = "unknown_dataset"
        case invalidData = "invalid_data"
        case insufficientData = "insufficient_data"
        case invalidPositions = "invalid_positions"
        case limitsNotAvailable = "limits_not_available"
        case expired
        case deadlineExceeded = "deadline_exceeded"
        case memoryExceeded = "memory_exceeded"
        case resourceExceeded = "resource_exceeded"
        case cancelled
        case hostCrashed = "host_crashed"
        case hostProtocol = "host_protocol"
        case hostUnavailable = "host_unavailable"
        case resultTooLarge = "result_too_large"
        case resultRefused = "result_refused"
        case strategySuspended = "strategy_suspended"
        case internalError = "internal"
    }

    package let code: Code
    /// What is wrong, where, and what would be right.
    package let message: String
    /// Advice to the submitter: the same request may well succeed later or on another node.
    package let isRetryable: Bool

    /// Whether the request could be run and did not come to an end: it has failed then, else it is rejected.
    package var isStepsFailure: Bool {
        switch code {
        case .insufficientData, .invalidPositions, .internalError, .resultTooLarge: true
        default: false
        }
    }

    /// A message quotes what came; whatever that was, the message fits into every record.
    package static let longestMessage = 4096

    package init(_ code: Code, _ message: String, isRetryable: Bool = false) {
        self.code = code
        self.message = message.cut(toBytes: Self.longestMessage)
        self.isRetryable = isRetryable
    }
}
