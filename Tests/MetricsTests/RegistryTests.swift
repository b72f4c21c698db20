import Glibc
import Synchronization
import Testing

@testable import Metrics

@Suite struct RegistryTests {
    private let registry = MetricRegistry(strategies: ["sma_crossover", "noop"])

    private var text: String { String(decoding: registry.exposition(.text), as: UTF8.self) }

    private func lines(of name: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }.map(String.init)
    }

    @Test func theSameLabelsGiveTheSameInstrument() {
        #expect(registry.counter(.requests, "noop", "completed") === registry.counter(.requests, "noop", "completed"))
        #expect(registry.counter(.requests, "noop", "completed") !== registry.counter(.requests, "noop", "failed"))
    }

    @Test func aStrategyOutsideTheRegistryCountsAsUnknown() {
        registry.counter(.requests, "made_up", "completed").increment()
        registry.counter(.requests, "another", "completed").increment()
        let expected = #"optimizer_requests_total{strategy="unknown",status="completed"} 2"#
        #expect(lines(of: "optimizer_requests_total").contains(expected))
        #expect(!text.contains("made_up"))
    }

    @Test func aValueOutsideAClosedSetCountsAsOther() {
        registry.counter(.hostRestarts, "bad luck").increment()
        let expected = #"optimizer_host_restarts_total{reason="other"} 1"#
        #expect(lines(of: "optimizer_host_restarts_total").contains(expected))
    }

    @Test func anOpenLabelHasABoundOfSeriesAndTheRestIsCounted() {
        let registry = MetricRegistry(strategies: [], maximumSeries: 10)
        for partition in 0..<25 { registry.gauge(.consumerLag, "t", "\(partition)").set(partition) }
        let text = String(decoding: registry.exposition(.text), as: UTF8.self)
        #expect(text.split(separator: "\n").count { $0.hasPrefix("optimizer_consumer_lag{") } == 10)
        #expect(registry.counter(.seriesDropped).value == 15)
    }

    @Test func aRemovedSeriesIsGoneAndComesBackAsANewOne() {
        for partition in 0..<3 { registry.gauge(.consumerLag, "t", "\(partition)").set(5) }
        registry.remove(.consumerLag) { $0 == ["t", "1"] }
        #expect(lines(of: "optimizer_consumer_lag").count == 2)
        #expect(!text.contains(#"partition="1""#))
        registry.gauge(.consumerLag, "t", "1").add(1)
        #expect(lines(of: "optimizer_consumer_lag").contains(#"optimizer_consumer_lag{topic="t",partition="1"} 1"#))
        #expect(registry.gauge(.consumerLag, "t", "2").value == 5)
    }

    @Test func perStrategyInstrumentsAreThoseOfTheRegistry() {
        let latency = registry.perStrategy(.stepLatency)
        #expect(latency[registry.strategyIndex(of: "noop")] === registry.histogram(.stepLatency, "noop"))
        #expect(latency[registry.strategyIndex(of: "nobody")] === registry.histogram(.stepLatency, "unknown"))
        #expect(latency[-1] === latency[0])
        #expect(latency[99] === latency[0])
    }

    @Test func countersWithKnownLabelsAreThereBeforeTheyCount() {
        #expect(lines(of: "optimizer_deadlock_total") == ["optimizer_deadlock_total 0"])
        #expect(lines(of: "optimizer_requests_total").count == 3 * 8)
    }

    @Test func gaugesNobodySetAreNotShown() {
        #expect(lines(of: "optimizer_running").isEmpty)
    }

    @Test func collectorsRunBeforeEachExposition() {
        let running = registry.gauge(.running)
        registry.beforeExposition { running.add(1) }
        #expect(lines(of: "optimizer_running") == ["optimizer_running 1"])
        #expect(lines(of: "optimizer_running") == ["optimizer_running 2"])
    }

    @Test func updatesFromManyThreadsAreAllCounted() async {
        let counter = registry.counter(.deadLetters)
        let gauge = registry.gauge(.running)
        let histogram = registry.histogram(.queueWait)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        counter.increment()
                        gauge.add(1)
                        histogram.record(nanoseconds: 3_000_000)
                    }
                }
            }
        }
        #expect(counter.value == 40_000)
        #expect(gauge.value == 40_000)
        #expect(histogram.snapshot().count == 40_000)
        #expect(histogram.sumMilliseconds == 120_000)
    }

    @Test func countersDoNotGoBackAndCountSecondsInNanoseconds() {
        let letters = registry.counter(.deadLetters)
        letters.increment(by: 3)
        letters.increment(by: -2)
        #expect(letters.value == 3)
        let held = registry.counter(.holdSeconds)
        held.add(nanoseconds: 1_500_000_000)
        #expect(held.value == 1.5)
    }

    @Test func theProcessItselfIsMeasured() throws {
        let registry = MetricRegistry(strategies: [])
        ProcessMetrics(in: registry)
        _ = registry.exposition(.text)
        #expect(registry.counter(.processCPUSeconds).value > 0)
        #expect(registry.gauge(.processResidentMemory).value > 1_000_000)
        #expect(registry.gauge(.processVirtualMemory).value >= registry.gauge(.processResidentMemory).value)
        #expect(registry.gauge(.processMaximumDescriptors).value > 3)
        #expect(abs(registry.gauge(.processStartTime).value - Double(time(nil))) < 3600)
        let before = registry.gauge(.processOpenDescriptors).value
        let pipes = (0..<50).map { _ in open("/dev/null", O_RDONLY) }
        defer { for pipe in pipes { close(pipe) } }
        _ = registry.exposition(.text)
        #expect(registry.gauge(.processOpenDescriptors).value > before + 25)
    }
}
