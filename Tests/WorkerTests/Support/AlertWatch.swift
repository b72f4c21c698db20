import TestSupport

@testable import Worker

/// A Prometheus with the shipped rules that scrapes nodes, and what it finds firing.
final class AlertWatch {
    let prometheus: PrometheusServer
    private let folder: TemporaryFolder

    /// - Parameter secondsPerMinute: how fast time runs in the rules.
    init(_ ports: [UInt16], secondsPerMinute: Int) throws {
        folder = try TemporaryFolder()
        let rules = HurriedRules.text(Files.text("rules/optimizer.yml"), secondsPerMinute: secondsPerMinute)
        try folder.write(Array(rules.utf8), to: "rules.yml")
        prometheus = try PrometheusServer(scraping: ports, rules: [folder.file("rules.yml")], every: "500ms")
    }

    convenience init(_ nodes: [TestNode], secondsPerMinute: Int = 1) throws {
        try self.init(try nodes.map { try HTTPGet.port(of: $0) }, secondsPerMinute: secondsPerMinute)
    }

    func stop() { prometheus.stop() }

    /// Which of these fire now; none as long as Prometheus does not answer.
    func firing(_ alerts: [String]) -> Set<String> {
        Set(alerts.filter { (try? prometheus.firing($0).contains("\"1\"]")) == true })
    }

    /// Waits until all of these have fired, at the same time or one after the other.
    /// - Parameter meanwhile: done before each look.
    func expect(_ alerts: [String], meanwhile: () throws -> Void = {}) throws {
        var fired: Set<String> = []
        try eventually("the alerts fire") {
            try meanwhile()
            fired.formUnion(firing(alerts))
            return fired.isSuperset(of: alerts)
        } explaining: {
            let answer = (try? prometheus.query("ALERTS")) ?? "no answer"
            return "of \(alerts) these have fired: \(fired.sorted()); now: \(answer)"
        }
    }
}
