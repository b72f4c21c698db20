package import Messages

/// One request on its way through the node: what to run, where it came from, what it may use.
///
/// A class, so that handing it from the consumer to the queue and on to a slot is one reference.
package final class Step: Sendable {
    package let request: StrategyRequest
    package let origin: RequestOrigin
    /// The headers of the request's record.
    package let headers: [MessageHeader]
    package let coordinates: RequestCoordinates
    /// What it runs one after the other with; nil: it waits for no other.
    package let lane: Lane?
    /// Place of the strategy in the registry; what metrics are labelled by.
    package let strategyIndex: Int
    package let limits: ResourceLimits
    package let arrivedAt: MonotonicTime
    /// When its record was stamped.
    package let recordTime: Timestamp?
    /// Names this step among those in flight.
    package let token: UInt64
    /// 1 the first time it is run.
    package let attempt: Int
    /// How many of its runs have failed, under earlier assignments too.
    package let failureCount: Int
    /// Of those since it was taken the last.
    package let failures: [FailedAttempt]

    package init(
        request: StrategyRequest, origin: RequestOrigin, headers: [MessageHeader] = [],
        coordinates: RequestCoordinates, lane: Lane? = nil, strategyIndex: Int = 0, limits: ResourceLimits,
        arrivedAt: MonotonicTime, recordTime: Timestamp? = nil, token: UInt64, attempt: Int = 1, failureCount: Int = 0,
        failures: [FailedAttempt] = []
    ) {
        self.request = request
        self.origin = origin
        self.headers = headers
        self.coordinates = coordinates
        self.lane = lane
        self.strategyIndex = strategyIndex
        self.limits = limits
        self.arrivedAt = arrivedAt
        self.recordTime = recordTime
        self.token = token
        self.attempt = attempt
        self.failureCount = failureCount
        self.failures = failures
    }

    /// Attempts that were not its own doing, and the next one: what `Disposition` counts.
    package var blamelessAttempt: Int { attempt - failureCount }

    /// Whether its last run may have cost a host: it gets a new one. That a strategy says it has failed is nothing against
    /// its host.
    package var mayHaveLostItsHost: Bool {
        guard attempt > 1 else { return false }
        return failures.last.map { $0.status != .failed || $0.attempt != attempt - 1 } ?? true
    }

    /// The same step, to be run once more.
    ///
    /// - Parameter failure: the run that has failed, if it has.
    package func again(after failure: FailedAttempt? = nil) -> Step {
        Step(
            request: request, origin: origin, headers: headers, coordinates: coordinates, lane: lane,
            strategyIndex: strategyIndex, limits: limits, arrivedAt: arrivedAt, recordTime: recordTime, token: token,
            attempt: attempt + 1, failureCount: failureCount + (failure == nil ? 0 : 1),
            failures: failure.map { failures.suffix(FailedAttempt.mostKept - 1) + [$0] } ?? failures)
    }
}

/// Where a request stands in the requests topic, and under which assignment of its partition it was taken.
package struct RequestCoordinates: Hashable, Sendable {
    package let partition: Int32
    package let generation: Int
    package let offset: Int64

    package init(partition: Int32, generation: Int, offset: Int64) {
        self.partition = partition
        self.generation = generation
        self.offset = offset
    }
}
