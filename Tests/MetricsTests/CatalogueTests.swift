import Testing

@testable import Metrics

@Suite struct CatalogueTests {
    @Test func noTwoMetricsShareAName() {
        #expect(Set(MetricCatalogue.all.map(\.name)).count == MetricCatalogue.all.count)
        #expect(Set(MetricCatalogue.all.map(\.openMetricsFamily)).count == MetricCatalogue.all.count)
    }

    @Test(arguments: MetricCatalogue.all)
    func aNameSaysItsKindAndItsUnit(metric: MetricDescriptor) {
        #expect(metric.name.hasPrefix("optimizer_") || metric.name.hasPrefix("process_"))
        #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter))
        #expect(metric.name.hasSuffix("_info") == (metric.kind == .info))
        #expect(metric.unit == .none || metric.openMetricsFamily.hasSuffix("_" + metric.unit.rawValue))
        #expect(!metric.help.isEmpty && !metric.help.hasSuffix("."))
    }

    @Test(arguments: MetricCatalogue.all)
    func strategyIsTheFirstLabelOrNone(metric: MetricDescriptor) {
        #expect(!metric.labels.dropFirst().contains(.strategy))
    }

    @Test func theContractsNamesAreAllThere() {
        let contract = [
            "optimizer_running", "optimizer_queue_depth", "optimizer_step_latency_ms", "optimizer_resource_usage",
            "optimizer_deadlock_total", "optimizer_requests_total", "optimizer_partitions_paused",
            "optimizer_pauses_total", "optimizer_hold_seconds_total", "optimizer_consumer_lag",
            "optimizer_oldest_request_age_seconds", "optimizer_retries_total", "optimizer_dead_letters_total",
            "optimizer_host_restarts_total", "optimizer_throttled_seconds_total", "optimizer_interference_ratio",
            "optimizer_rebalances_total", "optimizer_build_info",
        ]
        #expect(Set(contract).subtracting(MetricCatalogue.all.map(\.name)).isEmpty)
    }
}
