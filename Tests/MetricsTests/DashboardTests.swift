import Foundation
import TestSupport
import Testing

@testable import Metrics

/// The dashboard against the catalogue, against promtool's parser and against a Prometheus that scrapes a node.
@Suite struct DashboardTests {
    private struct Dashboard: Decodable {
        let title: String
        let schemaVersion: Int
        let panels: [Panel]
        let templating: Templating
    }

    private struct Panel: Decodable {
        struct Target: Decodable {
            let expr: String
            let refId: String
        }

        struct Position: Decodable {
            let h: Int
            let w: Int
            let x: Int
            let y: Int
        }

        let id: Int
        let type: String
        let title: String
        let gridPos: Position
        let targets: [Target]?
    }

    private struct Templating: Decodable {
        struct Variable: Decodable {
            let name: String
            let definition: String?
        }

        let list: [Variable]
    }

    private let text: String
    private let dashboard: Dashboard

    init() throws {
        let bytes = Files.read(Files.package + "/deploy/grafana/optimizer-dashboard.json")
        text = String(decoding: bytes, as: UTF8.self)
        dashboard = try JSONDecoder().decode(Dashboard.self, from: Data(bytes))
    }

    /// The queries with what Grafana would put in place of its variables.
    private var queries: [(panel: String, query: String)] {
        dashboard.panels.flatMap { panel in
            (panel.targets ?? []).map { target in
                let query = target.expr.replacing("$__rate_interval", with: "20s")
                return (panel.title, query.replacing(/\$(cluster|node|strategy)\b/, with: ".*"))
            }
        }
    }

    @Test func itHasARowForEachQuestionAndAVariableForEachChoice() {
        #expect(
            dashboard.panels.filter { $0.type == "row" }.map(\.title) == [
                "Throughput", "Latency", "Queue and backpressure", "Pool and hosts", "Resources per strategy", "Lag",
                "Deliveries and errors", "Nodes",
            ])
        #expect(dashboard.templating.list.map(\.name) == ["datasource", "cluster", "node", "strategy"])
        #expect(dashboard.panels.contains { $0.type == "heatmap" })
        #expect(dashboard.schemaVersion >= 38, "Grafana 10")
    }

    @Test func everyPanelHasItsOwnPlaceAndNumber() {
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        var taken: Set<[Int]> = []
        for panel in dashboard.panels {
            let place = panel.gridPos
            #expect(place.x >= 0 && place.x + place.w <= 24, "\(panel.title)")
            for x in place.x..<(place.x + place.w) {
                for y in place.y..<(place.y + place.h) {
                    #expect(taken.insert([x, y]).inserted, "\(panel.title) lies over another panel")
                }
            }
            let names = (panel.targets ?? []).map(\.refId)
            #expect(Set(names).count == names.count)
            #expect(panel.type == "row" || !names.isEmpty, "\(panel.title) asks for nothing")
        }
    }

    @Test func everyMetricAndLabelValueItNamesIsInTheCatalogue() {
        let recorded = QueryCheck.recorded(in: RulesTests.rules)
        for (panel, query) in queries {
            #expect(QueryCheck.problems(in: query, recorded: recorded) == [], "\(panel)")
        }
        for variable in dashboard.templating.list {
            #expect(QueryCheck.problems(in: variable.definition ?? "", recorded: recorded) == [], "\(variable.name)")
        }
        #expect(queries.count > 50)
    }

    @Test(.enabled(if: RulesTests.promtool != nil, "needs promtool"))
    func promtoolParsesEveryQuery() throws {
        let outcome = try check(queries.map(\.query))
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(try check(["sum(rate(optimizer_running[5m])"]).status != 0, "an unfinished query is found")
    }

    private func check(_ queries: [String]) throws -> CommandLineTool.Outcome {
        // A string in JSON is one in YAML too, but for the escaped slash.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let rules = try queries.enumerated().map { index, query in
            let quoted = String(decoding: try encoder.encode(query), as: UTF8.self)
            return "      - { record: \"dashboard:query:n\(index)\", expr: \(quoted) }\n"
        }
        let folder = try TemporaryFolder()
        try folder.write(
            Array(("groups:\n  - name: dashboard\n    rules:\n" + rules.joined()).utf8), to: "queries.yml")
        return try CommandLineTool.run(
            try #require(RulesTests.promtool), ["check", "rules", folder.file("queries.yml")])
    }

    @Test(.enabled(if: PrometheusServer.path != nil, "needs prometheus"), .machine)
    func everyQueryFindsSomethingOnANodeThatHasEveryMetric() throws {
        let registry = ScrapeTests.fullRegistry()
        let server = try HTTPServer(host: "127.0.0.1", port: 0) { request in
            .text(String(decoding: registry.exposition(.text), as: UTF8.self))
        }
        defer { server.stop() }
        let prometheus = try PrometheusServer(scraping: server.port)
        defer { prometheus.stop() }
        _ = try prometheus.wait(for: "count_over_time(optimizer_running[1m]) > bool 2", until: "\"1\"]")
        for (panel, query) in queries {
            let answer = try prometheus.query(query)
            #expect(answer.contains("\"success\"") && !answer.contains("\"result\":[]"), "\(panel): \(query)")
        }
    }
}
