import Messages

/// The requests taken and not done, by token, and the bytes of their records.
struct InFlightRequests {
    private var requests: [UInt64: InFlightRequest] = [:]
    private(set) var bytes = 0

    var isEmpty: Bool { requests.isEmpty }
    var count: Int { requests.count }
    var tokens: Dictionary<UInt64, InFlightRequest>.Keys { requests.keys }
    var values: some Sequence<InFlightRequest> { requests.values }

    subscript(token: UInt64) -> InFlightRequest? { requests[token] }

    mutating func add(_ request: InFlightRequest) {
        requests[request.token] = request
        bytes += request.bytes
    }

    /// The form that follows on the one of a message that was refused; nil where none is left, or the request is gone.
    mutating func nextForm(of token: UInt64, _ part: OutgoingMessage.Part) -> InFlightRequest.Form? {
        requests[token]?.nextForm(part)
    }

    /// Notes that a message is acknowledged.
    /// - Parameter status: of the result that it is.
    /// - Returns: the request, where that makes it done: it is no longer in flight.
    mutating func acknowledge(
        _ token: UInt64, _ part: OutgoingMessage.Part, _ status: ResultStatus
    ) -> InFlightRequest? {
        guard requests[token]?.acknowledge(part, status) == true else { return nil }
        return remove(token)
    }

    @discardableResult
    mutating func remove(_ token: UInt64) -> InFlightRequest? {
        guard let request = requests.removeValue(forKey: token) else { return nil }
        bytes -= request.bytes
        return request
    }
}
