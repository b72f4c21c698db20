/// The values of the canary's metrics. Ages are worked out when they are asked for, on the thread that asks: they grow
/// while the canary's own thread waits for a broker.
package final class CanaryMetrics: Sendable {
    /// How old things are at one moment.
    package struct Ages: Sendable {
        package let sinceSuccess: Duration
        /// By partition, in order.
        package let late: [(partition: Int32, duration: Duration)]

        package init(sinceSuccess: Duration, late: [(partition: Int32, duration: Duration)]) {
            self.sinceSuccess = sinceSuccess
            self.late = late
        }
    }

    private let requests: MetricFamily
    private let outcomes: [CanaryOutcome: Counter]
    private let latency = Histogram()
    private let interval: Duration

    package init(interval: Duration) {
        self.interval = interval
        var requests = MetricFamily(CanaryCatalogue.requests)
        var outcomes: [CanaryOutcome: Counter] = [:]
        for outcome in CanaryOutcome.allCases {
            if case .counter(let counter) = requests.make([outcome.rawValue]) { outcomes[outcome] = counter }
        }
        self.requests = requests
        self.outcomes = outcomes
    }

    package func count(_ outcome: CanaryOutcome) { outcomes[outcome]?.increment() }

    package func record(latency duration: Duration) {
        let (seconds, attoseconds) = duration.components
        latency.record(
            nanoseconds: UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000)
    }

    package func exposition(_ format: ExpositionFormat, _ ages: Ages) -> [UInt8] {
        let late = Self.gauges(CanaryCatalogue.late, ages.late.map { ([String($0.partition)], $0.duration) })
        var distribution = MetricFamily(CanaryCatalogue.latency)
        distribution.add(.histogram(latency))
        return TextExposition(format: format).render([
            requests, Self.gauges(CanaryCatalogue.interval, [([], interval)]),
            Self.gauges(CanaryCatalogue.lastSuccessAge, [([], ages.sinceSuccess)]), late, distribution,
        ])
    }

    private static func gauges(
        _ descriptor: MetricDescriptor, _ values: [(labels: [String], duration: Duration)]
    ) -> MetricFamily {
        var family = MetricFamily(descriptor)
        for (labels, duration) in values {
            if case .gauge(let gauge) = family.make(labels) { gauge.set(duration / .seconds(1)) }
        }
        return family
    }
}
