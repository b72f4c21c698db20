package import Scheduling

/// Several requests under way at once.
extension Host {
    /// Sends a request without waiting for its reply, which `awaitNext` gets; replies come in the order of the requests.
    /// - Returns: how the host was lost, if it was.
    package func submit(_ request: [UInt8]) -> HostLoss? {
        if let kind = lossKind ?? lossBeforeRequest() { return lose(kind, requestDelivered: false) }
        writer.append(request)
        framesUnderWay += 1
        return deliver().map { lose($0, requestDelivered: writer.deliveredBytes > 0) }
    }

    /// The reply to the earliest request that `submit` has sent and that has none yet.
    package func awaitNext(until: MonotonicTime) -> StepOutcome {
        let outcome = awaitReply(until: until)
        if case .answered = outcome { framesUnderWay -= 1 }
        if case .timedOut = outcome { lose(.silent) }
        return outcome
    }
}
