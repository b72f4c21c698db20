/// What `optimizer canary` answers: `/metrics` and `/healthz`.
package struct CanaryEndpoints: Sendable {
    private let metrics: CanaryMetrics
    private let ages: @Sendable () -> CanaryMetrics.Ages
    private let health: @Sendable () -> NodeEndpoints.Condition

    /// - Parameter health: the canary moves; must not depend on the broker or on what becomes of its requests.
    package init(
        metrics: CanaryMetrics, ages: @escaping @Sendable () -> CanaryMetrics.Ages,
        health: @escaping @Sendable () -> NodeEndpoints.Condition
    ) {
        self.metrics = metrics
        self.ages = ages
        self.health = health
    }

    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        switch request.path {
        case "/metrics":
            let format = ExpositionFormat(accept: request.accept)
            return .exposition(format, metrics.exposition(format, ages()))
        case "/healthz": return .condition(health())
        default: return .notFound
        }
    }
}
