import TestSupport
import Testing

@testable import Metrics

/// Where promtool is missing these tests are skipped; the continuous integration installs it.
@Suite struct RulesTests {
    static let promtool = CommandLineTool.find("promtool")
    static let rulesFile = Files.package + "/rules/optimizer.yml"
    static let rules = Files.text("rules/optimizer.yml")
    static let unitTests = ["backpressure", "canary", "delivery", "hosts", "latency", "nodes", "progress"].map {
        Files.package + "/Tests/MetricsTests/Rules/\($0).yml"
    }
    static let alerts = rules.split(separator: "\n").compactMap { line in
        line.split(separator: "- alert: ").count == 2 ? String(line.split(separator: "- alert: ")[1]) : nil
    }

    @Test(.enabled(if: promtool != nil, "needs promtool"))
    func promtoolAcceptsTheRules() throws {
        let outcome = try CommandLineTool.run(try #require(Self.promtool), ["check", "rules", Self.rulesFile])
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(.enabled(if: promtool != nil, "needs promtool"), arguments: unitTests)
    func theUnitTestsOfTheRulesPass(file: String) throws {
        let outcome = try CommandLineTool.run(try #require(Self.promtool), ["test", "rules", file])
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(.enabled(if: promtool != nil, "needs promtool"), arguments: ["prometheus", "compose"])
    func promtoolAcceptsTheScrapeConfigurationWithTheRulesBesideIt(part: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(Files.read(Files.package + "/deploy/\(part)/prometheus.yml"), to: "prometheus.yml")
        try folder.write(Files.read(Self.rulesFile), to: "optimizer.yml")
        let outcome = try CommandLineTool.run(
            try #require(Self.promtool), ["check", "config", folder.file("prometheus.yml")])
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test func eachAlertHasAUnitTestThatFiresAndOneThatDoesNot() {
        let text = Self.unitTests.map { String(decoding: Files.read($0), as: UTF8.self) }.joined(separator: "\n")
        #expect(Self.alerts.count > 25)
        for alert in Self.alerts {
            #expect(text.contains("alertname: \(alert)\n        exp_alerts:\n          - exp_labels"), "\(alert)")
            #expect(text.contains("alertname: \(alert)\n        exp_alerts: []\n"), "\(alert)")
        }
    }

    @Test func eachAlertHasItsSectionInTheRunbookAndEachSectionItsAlert() {
        let runbook = Files.text("deploy/runbook.md")
        let sections = runbook.split(separator: "\n### ").dropFirst().map { section in
            (name: String(section.prefix { $0 != "\n" }), text: section)
        }
        #expect(Set(sections.map(\.name)) == Set(Self.alerts))
        #expect(Set(Self.alerts).count == Self.alerts.count)
        for section in sections {
            for part in ["**Means:**", "**Look at:**", "**Do:**"] {
                #expect(section.text.contains(part), "\(section.name) says no \(part)")
            }
        }
        for alert in Self.alerts {
            #expect(Self.rules.contains("runbook_url: deploy/runbook.md#\(alert.lowercased())\n"), "\(alert)")
        }
    }

    @Test func everyMetricAndLabelValueOfTheRulesIsInTheCatalogue() {
        #expect(QueryCheck.problems(in: Self.rules, recorded: QueryCheck.recorded(in: Self.rules)) == [])
    }

    @Test func aMetricOrValueThatIsNotInTheCatalogueIsFound() {
        let wrong = """
            sum(rate(optimizer_requests_totals[5m])) + optimizer_requests_total{state="completed"}
            + optimizer_requests_total{status=~"crashed|timedout"} + optimizer:nobody:records
            """
        #expect(
            QueryCheck.problems(in: wrong, recorded: []).sorted() == [
                "optimizer:nobody:records is recorded by no rule", "optimizer_requests_total has no label state",
                "optimizer_requests_totals is no metric", "optimizer_requests_total{status} is never timedout",
            ])
    }
}
