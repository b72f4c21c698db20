import Glibc
import TestSupport
import Testing

@testable import Metrics

/// What the tools of others say of `/metrics`, each series of the catalogue being there.
@Suite struct ScrapeTests {
    private func node(_ registry: MetricRegistry = fullRegistry()) throws -> HTTPServer {
        let endpoints = NodeEndpoints(
            registry: registry, health: { .well }, readiness: { .well }, status: { StatusPageTests.fixture })
        return try HTTPServer(host: "127.0.0.1", port: 0, handler: endpoints.answer)
    }

    /// A registry in which every metric has a series with a value, awkward label values among them.
    static func fullRegistry() -> MetricRegistry {
        let registry = MetricRegistry(strategies: ["sma_crossover", "noop"])
        ProcessMetrics(in: registry)
        for metric in GaugeMetric.allCases where metric.descriptor.labels.isEmpty { registry.gauge(metric).set(1.5) }
        for metric in HistogramMetric.allCases where metric.descriptor.labels.isEmpty {
            registry.histogram(metric).record(nanoseconds: 17_000_000)
        }
        registry.perStrategy(.stepLatency)[1].record(nanoseconds: 90_000_000)
        for resource in ["cpu_percent", "memory_mb"] { registry.perStrategy(.resourceUsage, resource)[1].set(80) }
        registry.perStrategy(.interference)[1].set(1.1)
        registry.gauge(.waiting, "lock").set(2)
        registry.gauge(.enforcement, "cpu", "cgroup").set(1)
        for metric in [GaugeMetric.consumerLag, .consumerLagSeconds, .blockedOffsetAge] {
            registry.gauge(metric, "requests \"quoted\" \\ and\nbroken", "0").set(7)
        }
        registry.gauge(.kafkaRoundTrip, "consumer", "localhost:9092/1", "average").set(0.0021)
        for metric in [GaugeMetric.kafkaBrokersUp, .kafkaQueuedMessages, .kafkaQueuedBytes] {
            registry.gauge(metric, "producer").set(3)
        }
        for metric in [GaugeMetric.strategySlots, .strategySuspended, .strategyStartFailures, .strategyDisabled] {
            registry.gauge(metric, "noop").set(1)
        }
        registry.gauge(.heartbeatAge, "lag").set(0.2)
        registry.gauge(.brokerUp, "localhost:9092").set(1)
        registry.gauge(.certificateExpiry, "/etc/optimizer/node.pem").set(1_800_000_000)
        registry.gauge(.credentialFileChanged, "/etc/optimizer/node.pem").set(0)
        registry.gauge(.buildInfo, "0.1.0", "2.0.2").set(1)
        registry.gauge(.nodeInfo, "worker-1", "optimizer").set(1)
        registry.gauge(.strategiesInfo, "3fa9").set(1)
        registry.gauge(.dataInfo, "77c0").set(1)
        registry.gauge(.lastEndInfo, "fenced").set(1)
        return registry
    }

    @Test func everyMetricOfTheCatalogueIsInTheScrape() throws {
        let server = try node()
        defer { server.stop() }
        let text = try HTTPClient.get("/metrics", port: server.port).text
        for metric in MetricCatalogue.all {
            #expect(text.contains("# TYPE \(metric.name) "), "\(metric.name)")
        }
    }

    /// promtool's linter wants base units; the mission's name for step latency, and what follows it, are in ms.
    @Test(.enabled(if: RulesTests.promtool != nil, "needs promtool"))
    func promtoolFindsNothingButTheMilliseconds() throws {
        let server = try node()
        defer { server.stop() }
        let scrape = try HTTPClient.get("/metrics", port: server.port).body
        let outcome = try CommandLineTool.run(
            try #require(RulesTests.promtool), ["check", "metrics"], input: scrape)
        let known = (HistogramMetric.allCases.map(\.rawValue) + ["optimizer_step_latency_target_ms"])
            .map { "\($0) metric names should not contain abbreviated units" }
        let found = outcome.output.split(separator: "\n").map(String.init)
        #expect(found.sorted() == known.sorted())
    }

    @Test(.enabled(if: RulesTests.promtool != nil, "needs promtool"))
    func promtoolFindsADamagedScrape() throws {
        let scrape = Array("# TYPE optimizer_running gauge\noptimizer_running{ 1\n".utf8)
        let outcome = try CommandLineTool.run(
            try #require(RulesTests.promtool), ["check", "metrics"], input: scrape)
        #expect(outcome.status != 0)
    }

    @Test(.enabled(if: PrometheusServer.path != nil, "needs prometheus"), .machine)
    func aPrometheusScrapesTheNodeAndAnswersQueriesAboutIt() throws {
        let server = try node()
        defer { server.stop() }
        let prometheus = try PrometheusServer(scraping: server.port)
        defer { prometheus.stop() }
        let answer = try prometheus.wait(for: "optimizer_consumer_lag{partition=\"0\"}", until: "\"7\"]")
        #expect(answer.contains(#""topic":"requests \"quoted\" \\ and\nbroken""#))
        #expect(try prometheus.query("up").contains("\"1\"]"))
        // OpenMetrics is what Prometheus asks for, and there the info and the unit are known to it.
        let metadata = try prometheus.get("/api/v1/metadata?metric=optimizer_hold_seconds")
        #expect(metadata.contains(#""type":"counter""#) && metadata.contains(#""unit":"seconds""#))
        #expect(
            try prometheus.query("histogram_quantile(0.5,optimizer_queue_wait_ms_bucket)").contains("\"15\"]"),
            "the one time recorded lies in the bucket from 10 to 20 ms")
    }

    @Test(.enabled(if: PrometheusServer.path != nil, "needs prometheus"), .machine)
    func anAlertFiresInAPrometheusThatScrapesANodeInTrouble() throws {
        let registry = Self.fullRegistry()
        registry.gauge(.fenced).set(0)
        let server = try node(registry)
        defer { server.stop() }
        let prometheus = try PrometheusServer(scraping: server.port, rules: [RulesTests.rulesFile])
        defer { prometheus.stop() }
        _ = try prometheus.wait(for: "optimizer_fenced", until: "\"0\"]")
        #expect(try prometheus.firing("OptimizerFenced").contains("\"result\":[]"))
        registry.gauge(.fenced).set(1)
        _ = try prometheus.wait(for: "ALERTS{alertname=\"OptimizerFenced\",alertstate=\"firing\"}", until: "\"1\"]")
    }
}
