import TestSupport
import Testing

@testable import Metrics

@Suite struct StatusValuesTests {
    private func sample(_ depth: Int) -> StatusHistory.Sample {
        StatusHistory.Sample(queueDepth: depth, running: 1, pausedPartitions: 0, finished: 2)
    }

    @Test func historyKeepsTheLatestSamplesOldestFirst() {
        var history = StatusHistory(capacity: 3)
        #expect(history.samples == [])
        for depth in 1...2 { history.append(sample(depth)) }
        #expect(history.samples.map(\.queueDepth) == [1, 2])
        for depth in 3...8 { history.append(sample(depth)) }
        #expect(history.samples.map(\.queueDepth) == [6, 7, 8])
    }

    @Test func aWindowForgetsWhatIsOlderThanItself() {
        let histogram = MetricRegistry(strategies: []).histogram(.queueWait)
        var window = LatencyWindow(seconds: 60, steps: 6)
        histogram.record(nanoseconds: 5_000_000)
        #expect(window.recent(histogram.snapshot(), at: 1000).count == 1)
        for second in stride(from: 1001.0, through: 1055, by: 1) {
            #expect(window.recent(histogram.snapshot(), at: second).count == 1)
        }
        histogram.record(nanoseconds: 7_000_000)
        for second in stride(from: 1056.0, through: 1075, by: 1) { _ = window.recent(histogram.snapshot(), at: second) }
        #expect(window.recent(histogram.snapshot(), at: 1076).count == 1, "the first is out, the second is in")
        for second in stride(from: 1077.0, through: 1140, by: 1) { _ = window.recent(histogram.snapshot(), at: second) }
        #expect(window.recent(histogram.snapshot(), at: 1141).count == 0)
    }

    @Test func theStatusDocumentsExampleIsTheOneTheTestsUse() {
        let page = Files.text("Sources/Metrics/Metrics.docc/Status.md")
        let fixture = String(decoding: StatusPageTests.fixture, as: UTF8.self)
        let names = { (text: String) in Set(text.matches(of: /"([a-z0-9_]+)":/).map { String($0.1) }) }
        let example = page.split(separator: "```json").last.map(String.init) ?? ""
        #expect(names(example) == names(fixture))
        #expect(names(fixture).count > 80)
    }
}
