import TestSupport
import Testing

@testable import Metrics

@Suite struct CatalogueTests {
    /// A node's, and the canary's.
    private static let all = MetricCatalogue.all + CanaryCatalogue.all

    @Test func noTwoMetricsShareAName() {
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
        #expect(Set(Self.all.map(\.openMetricsFamily)).count == Self.all.count)
    }

    @Test(arguments: all)
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

    /// What this prints when it fails are the lines the page should have.
    @Test func theDocumentationListsTheCatalogue() {
        let page = Files.text("Sources/Metrics/Metrics.docc/Catalogue.md")
        let listed = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        let rows = Self.all.map { metric in
            let labels = metric.labels.map { label in
                guard case .closed(let values) = label.domain else { return "`\(label.name)`" }
                return "`\(label.name)`: \(values.joined(separator: " · "))"
            }
            let unit = metric.unit == .none ? "" : metric.unit.rawValue
            let cells = ["`\(metric.name)`", metric.kind.rawValue, unit, labels.joined(separator: "; "), metric.help]
            return "| \(cells.joined(separator: " | ")) |"
        }
        #expect(listed == rows, "\n\(rows.joined(separator: "\n"))")
    }
}
