/// The node has changed its mind about a strategy.
package enum PolicyChange: Sendable, Equatable {
    case share(Throttle.Change)
    case circuit(CircuitBreaker.Change)
    /// No host of it could be started, once more.
    case failing(StartGate.Failing)
    /// Its hosts start again.
    case started(Int)
}
