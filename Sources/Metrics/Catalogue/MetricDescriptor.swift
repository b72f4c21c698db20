/// What the catalogue says of one metric: everything an exposition, a dashboard or a reader needs but its values.
package struct MetricDescriptor: Sendable, Hashable {
    /// The name as a query writes it; a counter's ends in `_total`.
    package let name: String
    package let kind: MetricKind
    package let unit: MetricUnit
    /// One sentence, without a full stop.
    package let help: String
    package let labels: [MetricLabel]

    /// The name of the family in OpenMetrics, where `_total` and `_info` belong to the sample and not to the family.
    package var openMetricsFamily: String {
        for suffix in ["_total", "_info"] where name.hasSuffix(suffix) {
            if kind == .counter || kind == .info { return String(name.dropLast(suffix.count)) }
        }
        return name
    }

    /// Whether a label of it may have any value.
    var isOpen: Bool {
        labels.contains { $0.domain == .open }
    }
}

package enum MetricKind: String, Sendable, CaseIterable {
    case counter, gauge, histogram
    /// A gauge that is always 1 and says something in its labels.
    case info
}

/// The unit of a metric's values, as it stands in its name; `none` counts things.
package enum MetricUnit: String, Sendable, CaseIterable {
    case none = ""
    case seconds, bytes, ratio
    case milliseconds = "ms"
}

/// A label and the values it may have, so that no series is ever made out of outside data without a bound.
package struct MetricLabel: Sendable, Hashable {
    package enum Domain: Sendable, Hashable {
        /// The registry's own strategy names; anything else is `unknown`.
        case strategies
        /// These; anything else is `other`.
        case closed([String])
        /// Any text; the registry bounds how many series a family may have.
        case open
    }

    package let name: String
    package let domain: Domain
}
