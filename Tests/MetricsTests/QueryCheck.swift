@testable import Metrics

/// Compares the metrics, labels and label values that queries name with the catalogue.
enum QueryCheck {
    /// Labels that come from the scrape and not from the node, or from the text format.
    private static let added: Set<String> = ["cluster", "job", "instance", "le"]

    /// The names of the recording rules in a rules file.
    static func recorded(in rules: String) -> Set<String> {
        Set(rules.matches(of: /record: ([a-z0-9_:]+)/).map { String($0.1) })
    }

    /// What is wrong with the metrics named in a text of queries; empty where nothing is.
    static func problems(in text: String, recorded: Set<String>) -> [String] {
        var problems: [String] = []
        for match in text.matches(of: /\b((?:optimizer|process)[_:][a-z0-9_:]+)(?:\{([^}]*)\})?/) {
            let name = String(match.1)
            if name.contains(":") {
                if !recorded.contains(name) { problems.append("\(name) is recorded by no rule") }
                continue
            }
            guard let metric = find(name) else {
                problems.append("\(name) is no metric")
                continue
            }
            problems += check(matchers: String(match.2 ?? ""), of: metric)
        }
        return problems
    }

    private static func find(_ name: String) -> MetricDescriptor? {
        let parts = ["", "_bucket", "_sum", "_count"]
        return (MetricCatalogue.all + CanaryCatalogue.all).first { metric in
            metric.kind == .histogram ? parts.contains { metric.name + $0 == name } : metric.name == name
        }
    }

    private static func check(matchers: String, of metric: MetricDescriptor) -> [String] {
        var problems: [String] = []
        for match in matchers.matches(of: /([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"/) {
            let (name, value) = (String(match.1), String(match.3))
            if added.contains(name) { continue }
            guard let label = metric.labels.first(where: { $0.name == name }) else {
                problems.append("\(metric.name) has no label \(name)")
                continue
            }
            guard case .closed(let values) = label.domain, !value.contains("$"), value != ".*" else { continue }
            for one in value.split(separator: "|") where !values.contains(String(one)) {
                problems.append("\(metric.name){\(name)} is never \(one)")
            }
        }
        return problems
    }
}
