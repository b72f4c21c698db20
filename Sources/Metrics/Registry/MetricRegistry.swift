import Synchronization

/// The values of one node's metrics. Get instruments once and keep them: getting one takes a lock, updating one does
/// not. Label values are bounded: those of a closed label outside its set become `other`, strategies that are not the
/// node's become `unknown`, and a metric with an open label has at most `maximumSeries` series.
package final class MetricRegistry: Sendable {
    /// The values the `strategy` label may have; `unknown` is the first.
    package let strategies: [String]
    /// How many series one metric may have.
    package let maximumSeries: Int

    private let strategyIndices: [String: Int]
    private let seriesDropped: Counter
    private let state: Mutex<State>

    private struct State {
        var families: [String: MetricFamily] = [:]
        var collectors: [@Sendable () -> Void] = []
    }

    package init(strategies names: some Sequence<String>, maximumSeries: Int = 2000) {
        var strategies = [MetricCatalogue.unknownStrategy]
        var indices = [MetricCatalogue.unknownStrategy: 0]
        for name in names where indices[name] == nil {
            indices[name] = strategies.count
            strategies.append(name)
        }
        self.strategies = strategies
        self.maximumSeries = maximumSeries
        strategyIndices = indices
        var families: [String: MetricFamily] = [:]
        for descriptor in MetricCatalogue.all { families[descriptor.name] = MetricFamily(descriptor) }
        var dropped = Counter(unit: .none)
        let name = CounterMetric.seriesDropped.rawValue
        if case .counter(let counter)? = families[name]?.make([]) { dropped = counter }
        seriesDropped = dropped
        state = Mutex(State(families: families))
        startCounters()
    }

    /// The index of a strategy for `PerStrategy`; 0, `unknown`, for any other name.
    package func strategyIndex(of name: String) -> Int {
        strategyIndices[name] ?? 0
    }

    /// - Parameter labelValues: one for each label of the metric, in the catalogue's order.
    package func counter(_ metric: CounterMetric, _ labelValues: String...) -> Counter {
        counter(metric, labelValues)
    }

    /// - Parameter labelValues: one for each label of the metric, in the catalogue's order.
    package func gauge(_ metric: GaugeMetric, _ labelValues: String...) -> Gauge {
        gauge(metric, labelValues)
    }

    /// Sets a gauge that no scrape may see before it has a value: one that is made at 0 says something else.
    ///
    /// - Parameter labelValues: one for each label of the metric, in the catalogue's order.
    package func set(_ metric: GaugeMetric, _ labelValues: String..., to value: Double) {
        _ = instrument(metric.descriptor, labelValues) { instrument in
            if case .gauge(let gauge) = instrument { gauge.set(value) }
        }
    }

    /// - Parameter labelValues: one for each label of the metric, in the catalogue's order.
    package func histogram(_ metric: HistogramMetric, _ labelValues: String...) -> Histogram {
        histogram(metric, labelValues)
    }

    /// A counter for each strategy; `others` are the values of the labels after `strategy`.
    package func perStrategy(_ metric: CounterMetric, _ others: String...) -> PerStrategy<Counter> {
        PerStrategy(strategies.map { counter(metric, [$0] + others) })
    }

    /// A gauge for each strategy; `others` are the values of the labels after `strategy`.
    package func perStrategy(_ metric: GaugeMetric, _ others: String...) -> PerStrategy<Gauge> {
        PerStrategy(strategies.map { gauge(metric, [$0] + others) })
    }

    /// A histogram for each strategy.
    package func perStrategy(_ metric: HistogramMetric) -> PerStrategy<Histogram> {
        PerStrategy(strategies.map { histogram(metric, [$0]) })
    }

    /// The sum of a counter's series, in the metric's unit.
    package func total(_ metric: CounterMetric) -> Double {
        guard let family = state.withLock({ $0.families[metric.rawValue] }) else { return 0 }
        return family.series.reduce(0) { sum, series in
            if case .counter(let counter) = series.instrument { sum + counter.value } else { sum }
        }
    }

    /// Takes series out of the exposition, as those of a partition the node gave up. Whoever still holds their
    /// instrument may go on updating it; nobody sees it.
    package func remove(_ metric: GaugeMetric, where matches: ([String]) -> Bool) {
        state.withLock { $0.families[metric.rawValue]?.remove(where: matches) }
    }

    /// Runs before each exposition, on the thread that asks for it, to bring up to date what is not updated as it
    /// happens.
    package func beforeExposition(_ collector: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// The metrics in a text format, families in the catalogue's order, without those that have no series.
    package func exposition(_ format: ExpositionFormat) -> [UInt8] {
        for collector in state.withLock({ $0.collectors }) { collector() }
        return TextExposition(format: format).render(families)
    }

    var families: [MetricFamily] {
        state.withLock { state in MetricCatalogue.all.compactMap { state.families[$0.name] } }
    }
}

extension MetricRegistry {
    private func counter(_ metric: CounterMetric, _ labelValues: [String]) -> Counter {
        let descriptor = metric.descriptor
        if case .counter(let counter)? = instrument(descriptor, labelValues) { return counter }
        return Counter(unit: descriptor.unit)
    }

    func gauge(_ metric: GaugeMetric, _ labelValues: [String]) -> Gauge {
        if case .gauge(let gauge)? = instrument(metric.descriptor, labelValues) { return gauge }
        return Gauge()
    }

    private func histogram(_ metric: HistogramMetric, _ labelValues: [String]) -> Histogram {
        if case .histogram(let histogram)? = instrument(metric.descriptor, labelValues) { return histogram }
        return Histogram()
    }

    /// The instrument with these label values, made where there is none; nil where the metric is full.
    ///
    /// - Parameter use: is done before anybody can see it.
    private func instrument(
        _ descriptor: MetricDescriptor, _ labelValues: [String], use: (Instrument) -> Void = { _ in }
    ) -> Instrument? {
        precondition(
            labelValues.count == descriptor.labels.count,
            "\(descriptor.name) has \(descriptor.labels.count) labels, not \(labelValues.count)")
        let bounded = zip(descriptor.labels, labelValues).map(bound)
        let found = state.withLock { state -> Instrument? in
            if let known = state.families[descriptor.name]?.find(bounded) {
                use(known)
                return known
            }
            let count = state.families[descriptor.name]?.series.count ?? 0
            guard count < maximumSeries || !descriptor.isOpen else { return nil }
            let made = state.families[descriptor.name]?.make(bounded)
            made.map(use)
            return made
        }
        if found == nil { seriesDropped.increment() }
        return found
    }

    private func bound(_ label: MetricLabel, _ value: String) -> String {
        switch label.domain {
        case .strategies: strategyIndices[value] == nil ? MetricCatalogue.unknownStrategy : value
        case .closed(let values): values.contains(value) ? value : MetricCatalogue.otherValue
        case .open: value
        }
    }

    /// Makes every counter whose label values are known beforehand: a counter that appears with its first increment
    /// hides that increment from `rate` and `increase`.
    private func startCounters() {
        for metric in CounterMetric.allCases {
            var combinations: [[String]] = [[]]
            for label in metric.descriptor.labels {
                let values: [String] =
                    switch label.domain {
                    case .strategies: strategies
                    case .closed(let values): values
                    case .open: []
                    }
                combinations = combinations.flatMap { head in values.map { head + [$0] } }
            }
            for labelValues in combinations { _ = counter(metric, labelValues) }
        }
    }
}
