/// One thing that is counted or measured, whatever its kind.
enum Instrument: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)

    init(for descriptor: MetricDescriptor) {
        switch descriptor.kind {
        case .counter: self = .counter(Counter(unit: descriptor.unit))
        case .gauge, .info: self = .gauge(Gauge())
        case .histogram: self = .histogram(Histogram())
        }
    }
}

/// One metric with one set of label values.
struct MetricSeries: Sendable {
    let labelValues: [String]
    /// The labels as both text formats write them, without braces: rendered once, when the series is made.
    let labelText: String
    let instrument: Instrument
}

/// All series of one metric, in the order in which they were made.
struct MetricFamily: Sendable {
    let descriptor: MetricDescriptor
    private(set) var series: [MetricSeries] = []
    private var positions: [[String]: Int] = [:]

    init(_ descriptor: MetricDescriptor) {
        self.descriptor = descriptor
    }

    func find(_ labelValues: [String]) -> Instrument? {
        positions[labelValues].map { series[$0].instrument }
    }

    mutating func make(_ labelValues: [String]) -> Instrument {
        let instrument = Instrument(for: descriptor)
        add(instrument, labelValues)
        return instrument
    }

    /// Takes up an instrument that is there already.
    mutating func add(_ instrument: Instrument, _ labelValues: [String] = []) {
        let names = descriptor.labels.map(\.name)
        positions[labelValues] = series.count
        series.append(
            MetricSeries(
                labelValues: labelValues, labelText: LabelText.render(names: names, values: labelValues),
                instrument: instrument))
    }

    mutating func remove(where matches: ([String]) -> Bool) {
        series.removeAll { matches($0.labelValues) }
        positions = [:]
        for (position, one) in series.enumerated() { positions[one.labelValues] = position }
    }
}
