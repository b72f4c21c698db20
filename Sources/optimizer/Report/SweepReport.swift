import Messages

/// A sweep's page: one file, nothing loaded from anywhere, no script.
struct SweepReport {
    let merged: JSONValue
    /// The sweep as it was submitted; nil where it could not be had.
    let definition: JSONValue?
    /// Of each data set, of many only of the first.
    let curves: [ReportCurves.Outcome]
    let axes: HeatMap.Choice
    var over = HeatMap.Over.best

    var objective: String { merged["objective"]?["target"]?.string ?? "objective" }
    var isMaximum: Bool { merged["objective"]?["extremum"]?.string != "min" }
    var top: [JSONValue] { merged["top"]?.elements ?? [] }
    var grid: SweepGrid { SweepGrid(merged) }
    var summary: SweepSummary { SweepSummary(merged: merged) }
    /// Whether the sweep asked for an out-of-sample part.
    var hasSplit: Bool { summary.asksForOutOfSample }
    /// Of the one data set.
    var computed: ReportCurves? {
        guard data.count == 1, case .computed(let curves) = curves.first else { return nil }
        return curves
    }
    /// What was used of each data set.
    var data: [JSONValue] { merged["data"].map { $0.elements ?? [$0] } ?? [] }
    /// "mean of ": what the objective is over several data sets.
    var aggregate: String { merged["objective"]?["aggregate"]?.string.map { Markup.escaped($0) + " of " } ?? "" }

    var html: String {
        ReportDocument.html(
            title: merged["optimization_id"]?.string ?? "sweep", subject: subject, warnings: warnings,
            sections: [
                tiles, heatMap, datasets, equity, comparison, luck, statistics, topTable, whatWasSwept,
            ], origin: origin)
    }

    private var subject: String {
        let strategy = Markup.escaped(merged["strategy"]?["name"]?.string ?? "strategy")
        guard data.count > 1 else { return "\(strategy) on \(words(of: data.first))" }
        let bars = data.reduce(0) { $0 + ($1["bars"]?.integer ?? 0) }
        return "\(strategy) on \(data.count) data sets, \(Markup.grouped(bars)) bars"
    }

    /// A data set, and which bars of it.
    func words(of data: JSONValue?) -> String {
        let name = data?["dataset"]?.string.map(Markup.escaped) ?? "inline bars"
        let timeframe = data?["timeframe"]?.string.map { " " + Markup.escaped($0) } ?? ""
        let span = [data?["start"], data?["end"]].compactMap {
            $0?.string.map { Markup.escaped(String($0.prefix(10))) }
        }
        let bars = data?["bars"]?.integer.map { ", \(Markup.grouped($0)) bars" } ?? ""
        return "\(name)\(timeframe), \(span.joined(separator: " to "))\(bars)"
    }

    /// What is missing, and what could not be paid for, is said before anything else.
    private var warnings: String {
        let dropped = summary.droppedOrders.map { "<p class=\"warn\">\(Markup.escaped($0)).</p>" } ?? ""
        return incomplete + dropped
    }

    private var incomplete: String {
        let steps = merged["steps"]
        let of = steps?["of"]?.integer ?? 0
        let completed = steps?["completed"]?.integer ?? 0
        guard completed < of else { return "" }
        let failed = steps?["failed"]?.elements ?? []
        let named = failed.prefix(5).map { step in
            "step \(step["step"]?.integer ?? 0): \(Markup.shown(step["message"]))"
        }
        let tail =
            failed.isEmpty ? "" : " Failed: " + named.joined(separator: "; ") + (failed.count > 5 ? "; and more." : ".")
        return "<p class=\"warn\">Not complete: \(completed) of \(of) steps have a result.\(tail)</p>"
    }

    private var origin: String {
        let engine = merged["engine"]
        let versions = data.map { "<code>\(Markup.escaped($0["version"]?.string ?? "none"))</code>" }
        return
            "Engine \(Markup.shown(engine?["name"])) \(Markup.shown(engine?["version"])). Data "
            + "\(versions.count == 1 ? "version" : "versions") \(versions.joined(separator: ", "))."
    }

    func section(_ title: String, _ words: String, _ body: String) -> String {
        ReportDocument.section(title, words, body)
    }
}
