package import Scheduling

/// Several requests under way at once.
extension Host {
    /// Sends requests with one write, without waiting for their replies, which `awaitNext` gets in the same order.
    /// - Returns: how the host was lost, if it was.
    package func submit(_ requests: [[UInt8]]) -> HostLoss? {
        if let kind = lossKind ?? lossBeforeRequest() { return lose(kind, requestDelivered: false) }
        for request in requests { writer.append(request) }
        framesUnderWay += requests.count
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
