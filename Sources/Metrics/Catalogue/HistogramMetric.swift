/// The histograms a node has. The raw value is the metric's name. All are in milliseconds, and share their buckets.
package enum HistogramMetric: String, Sendable, CaseIterable {
    case stepLatency = "optimizer_step_latency_ms"
    case queueWait = "optimizer_queue_wait_ms"
    case requestLatency = "optimizer_request_latency_ms"

    /// Upper bounds in milliseconds. Close around 100 ms, the objective, since quantiles are interpolated in a bucket.
    package static let bounds: [Double] = [
        1, 2, 5, 10, 20, 35, 50, 65, 80, 90, 100, 120, 150, 200, 350, 500, 1000, 2000, 5000, 10000,
    ]
}

extension HistogramMetric {
    package var descriptor: MetricDescriptor {
        let (help, labels) = explanation
        return MetricDescriptor(name: rawValue, kind: .histogram, unit: .milliseconds, help: help, labels: labels)
    }

    private var explanation: (help: String, labels: [MetricLabel]) {
        switch self {
        case .stepLatency: ("Time a step ran in its host", [.strategy])
        case .queueWait: ("Time from taking a request from Kafka to giving it to a slot", [])
        case .requestLatency: ("Time from taking a request from Kafka to the acknowledgement of its result", [])
        }
    }
}
