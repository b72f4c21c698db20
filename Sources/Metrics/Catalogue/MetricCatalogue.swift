/// Every metric a node can expose. Dashboards, rules and documentation are checked against it.
package enum MetricCatalogue {
    package static let all: [MetricDescriptor] =
        CounterMetric.allCases.map(\.descriptor)
        + GaugeMetric.allCases.map(\.descriptor)
        + HistogramMetric.allCases.map(\.descriptor)

    /// The value of `strategy` for a name that is no strategy of this node.
    package static let unknownStrategy = "unknown"
    /// What a label with a closed set of values shows for a value outside it.
    package static let otherValue = "other"
}
