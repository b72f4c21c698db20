/// Writes families in one of the text formats.
struct TextExposition {
    let format: ExpositionFormat

    func render(_ families: [MetricFamily]) -> [UInt8] {
        var text = ""
        for family in families where !family.series.isEmpty {
            header(of: family.descriptor, to: &text)
            for series in family.series { samples(of: series, family.descriptor, to: &text) }
        }
        if format == .openMetrics { text += "# EOF\n" }
        return Array(text.utf8)
    }

    private func header(of descriptor: MetricDescriptor, to text: inout String) {
        switch format {
        case .text:
            let type = descriptor.kind == .info ? MetricKind.gauge : descriptor.kind
            text += "# HELP \(descriptor.name) \(help(of: descriptor))\n"
            text += "# TYPE \(descriptor.name) \(type.rawValue)\n"
        case .openMetrics:
            let family = descriptor.openMetricsFamily
            text += "# TYPE \(family) \(descriptor.kind.rawValue)\n"
            if descriptor.unit != .none { text += "# UNIT \(family) \(descriptor.unit.rawValue)\n" }
            text += "# HELP \(family) \(help(of: descriptor))\n"
        }
    }

    /// OpenMetrics escapes a double quote in help texts too; 0.0.4 does not know that escape.
    private func help(of descriptor: MetricDescriptor) -> String {
        let escaped = LabelText.escape(descriptor.help)
        guard format == .text else { return escaped }
        return escaped.split(separator: "\\\"", omittingEmptySubsequences: false).joined(separator: "\"")
    }

    private func samples(of series: MetricSeries, _ descriptor: MetricDescriptor, to text: inout String) {
        switch series.instrument {
        case .counter(let counter):
            sample(descriptor.name, series.labelText, Self.number(counter.value), to: &text)
        case .gauge(let gauge):
            sample(descriptor.name, series.labelText, Self.number(gauge.value), to: &text)
        case .histogram(let histogram):
            distribution(descriptor.name, series.labelText, histogram, to: &text)
        }
    }

    private func distribution(_ name: String, _ labels: String, _ histogram: Histogram, to text: inout String) {
        let separator = labels.isEmpty ? "" : ","
        var cumulative: UInt64 = 0
        let sum = histogram.sumMilliseconds
        for (index, count) in histogram.bucketCounts.enumerated() {
            cumulative += count
            // One spelling of a bound in both formats: a series must not change its name with the scraper.
            let bound = index < HistogramMetric.bounds.count ? "\(HistogramMetric.bounds[index])" : "+Inf"
            sample("\(name)_bucket", "\(labels)\(separator)le=\"\(bound)\"", "\(cumulative)", to: &text)
        }
        sample("\(name)_sum", labels, Self.number(sum), to: &text)
        sample("\(name)_count", labels, "\(cumulative)", to: &text)
    }

    private func sample(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels
            text += "}"
        }
        text += " "
        text += value
        text += "\n"
    }

    /// Whole numbers without a fraction, others as short as they can be read back.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 0x1p53 { return "\(Int64(value))" }
        return "\(value)"
    }
}
