import Testing

@testable import Metrics

@Suite struct ExpositionTests {
    private let registry = MetricRegistry(strategies: ["noop"])

    private func lines(_ format: ExpositionFormat, about name: String) -> [String] {
        String(decoding: registry.exposition(format), as: UTF8.self)
            .split(separator: "\n").filter { $0.contains(name) }.map(String.init)
    }

    @Test func aCounterIsWrittenAsEachFormatWantsIt() {
        registry.counter(.holdSeconds).add(nanoseconds: 2_250_000_000)
        #expect(
            lines(.text, about: "optimizer_hold_seconds") == [
                "# HELP optimizer_hold_seconds_total Time during which the node held, paused or not",
                "# TYPE optimizer_hold_seconds_total counter",
                "optimizer_hold_seconds_total 2.25",
            ])
        #expect(
            lines(.openMetrics, about: "optimizer_hold_seconds") == [
                "# TYPE optimizer_hold_seconds counter",
                "# UNIT optimizer_hold_seconds seconds",
                "# HELP optimizer_hold_seconds Time during which the node held, paused or not",
                "optimizer_hold_seconds_total 2.25",
            ])
    }

    @Test func anInfoIsAGaugeInTextAndAnInfoInOpenMetrics() {
        registry.gauge(.buildInfo, "0.1.0", "2.0.2").set(1)
        let sample = #"optimizer_build_info{version="0.1.0",librdkafka="2.0.2"} 1"#
        #expect(lines(.text, about: "optimizer_build").dropFirst() == ["# TYPE optimizer_build_info gauge", sample])
        let open = lines(.openMetrics, about: "optimizer_build")
        #expect(open.first == "# TYPE optimizer_build info")
        #expect(open.last == sample)
    }

    @Test(arguments: ExpositionFormat.allCases)
    func bucketsAreCumulativeAndEndWithTheCount(format: ExpositionFormat) {
        let latency = registry.histogram(.stepLatency, "noop")
        for milliseconds in [0.5, 1.5, 100, 20_000] { latency.record(nanoseconds: UInt64(milliseconds * 1e6)) }
        let found = lines(format, about: "noop").filter { $0.contains("step_latency") }
        #expect(found.first == #"optimizer_step_latency_ms_bucket{strategy="noop",le="1.0"} 1"#)
        #expect(found.contains(#"optimizer_step_latency_ms_bucket{strategy="noop",le="90.0"} 2"#))
        #expect(found.contains(#"optimizer_step_latency_ms_bucket{strategy="noop",le="100.0"} 3"#))
        #expect(
            found.suffix(3) == [
                #"optimizer_step_latency_ms_bucket{strategy="noop",le="+Inf"} 4"#,
                #"optimizer_step_latency_ms_sum{strategy="noop"} 20102"#,
                #"optimizer_step_latency_ms_count{strategy="noop"} 4"#,
            ])
    }

    @Test func labelValuesAreEscaped() {
        registry.gauge(.consumerLag, "a\\b\"c\nd", "0").set(1)
        #expect(
            lines(.text, about: "optimizer_consumer_lag{") == [
                #"optimizer_consumer_lag{topic="a\\b\"c\nd",partition="0"} 1"#
            ])
    }

    @Test func onlyOpenMetricsEndsWithItsMark() {
        let text = String(decoding: registry.exposition(.text), as: UTF8.self)
        let open = String(decoding: registry.exposition(.openMetrics), as: UTF8.self)
        #expect(!text.contains("# EOF"))
        #expect(open.hasSuffix("\n# EOF\n"))
    }

    @Test(arguments: [
        (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (3, "3"), (-0.0, "0"), (0.1, "0.1"),
        (1e300, "1e+300"), (9_007_199_254_740_991, "9007199254740991"),
    ])
    func numbersAreWrittenSoThatTheyReadBack(value: Double, text: String) {
        #expect(TextExposition.number(value) == text)
    }

    @Test(arguments: [
        ("", ExpositionFormat.text), ("*/*", .text), ("text/html,*/*;q=0.8", .text), ("text/plain", .text),
        ("application/openmetrics-text", .openMetrics),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
        ("Application/OpenMetrics-Text;version=\"1.0.0\"", .openMetrics),
        ("application/openmetrics-text;version=0.0.1", .text),
        ("application/openmetrics-text;q=0", .text),
        ("text/plain;q=0.9,application/openmetrics-text;q=0.5", .text),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics),
        ("application/openmetrics-text;q=what", .text), (";;,;=", .text),
    ])
    func theFormatIsTheOneAskedFor(accept: String, format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == format)
    }
}
