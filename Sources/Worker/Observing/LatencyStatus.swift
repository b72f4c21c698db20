import Messages
import Metrics

/// The `latency` member of `/status`.
struct LatencyStatus {
    let settings: NodeSettings
    let metrics: NodeMetrics

    /// - Parameter strategies: the distribution of each strategy, by its index.
    func json(_ strategies: [HistogramSnapshot]) -> JSONValue {
        let whole = strategies.reduce(into: HistogramSnapshot.empty) { $0.add($1) }
        let bounds = HistogramMetric.bounds.map { JSONValue.number($0) } + [.null]
        let buckets = zip(bounds, whole.buckets).map { bound, count in
            JSONValue.object([JSONMember("le_ms", bound), JSONMember("count", .integer(Int(clamping: count)))])
        }
        let names = zip(metrics.registry.strategies, strategies).filter { $1.count > 0 }.map { name, latency in
            JSONValue.object([JSONMember("name", .string(name))] + figures(latency))
        }
        return .object(
            [JSONMember("window_seconds", .integer(Int(LatencyWindow().seconds)))] + figures(whole)
                + [
                    JSONMember("target_ms", .integer(settings.latencyTargetMs)),
                    JSONMember("buckets", .array(buckets)), JSONMember("strategies", .array(names)),
                ])
    }

    private func figures(_ latency: HistogramSnapshot) -> [JSONMember] {
        func quantile(_ part: Double) -> JSONValue {
            latency.quantile(part).map { .number(($0 * 1000).rounded() / 1000) } ?? .null
        }
        return [
            JSONMember("count", .integer(Int(clamping: latency.count))), JSONMember("p50_ms", quantile(0.5)),
            JSONMember("p95_ms", quantile(0.95)), JSONMember("p99_ms", quantile(0.99)),
        ]
    }
}
