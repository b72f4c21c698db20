import Messages
import Strategies

/// The page of a walk-forward.
struct WalkForwardPage {
    let merged: JSONValue
    let joined: JoinedRuns?

    private var windows: [JSONValue] { merged["windows"]?.elements ?? [] }
    private var objective: String { merged["objective"]?["target"]?.string ?? "objective" }
    private var title: String { StatisticsTable.title(objective).lowercasedFirst }

    var html: String {
        ReportDocument.html(
            title: merged["optimization_id"]?.string ?? "walk-forward", subject: subject, warnings: warning,
            sections: [tiles, equity, table, statistics], origin: origin)
    }

    private var subject: String {
        let data = merged["data"]
        let name = data?["dataset"]?.string.map(Markup.escaped) ?? "inline bars"
        let timeframe = data?["timeframe"]?.string.map { " " + Markup.escaped($0) } ?? ""
        return "Walk-forward of \(Markup.shown(merged["strategy"]?["name"])) on \(name)\(timeframe), "
            + "\(windows.count) windows"
    }

    private var warning: String {
        merged["problem"]?.string.map { "<p class=\"warn\">Not joined: \(Markup.escaped($0)).</p>" } ?? ""
    }

    private var origin: String {
        let engine = merged["engine"]
        let own = merged["joined"]?["engine"]?["version"].map { ", out of sample \(Markup.shown($0))" } ?? ""
        return "Engine \(Markup.shown(engine?["name"])) \(Markup.shown(engine?["version"]))\(own). Data version <code>"
            + "\(Markup.shown(merged["data"]?["version"]))</code>."
    }

    private var tiles: String {
        guard let joined = merged["joined"], joined.members != nil else { return "" }
        let figures = joined["statistics"]
        let tiles = [
            (title.uppercasedFirst, Markup.figure(figures?[objective]?.double)),
            ("Return", Markup.percent(figures?["return_pct"]?.double)),
            ("In a year", Markup.percent(figures?["return_ann_pct"]?.double)),
            ("Drawdown", Markup.percent(figures?["max_drawdown_pct"]?.double)),
            ("Trades", Markup.shown(figures?["trade_count"])),
            ("Walk-forward efficiency", Markup.figure(joined["walk_forward_efficiency"]?.double)),
        ]
        let html = tiles.enumerated().map { index, tile in
            "<div class=\"tile\(index == 0 ? " first" : "")\"><span>\(tile.0)</span><b>\(tile.1)</b></div>"
        }
        return "<div class=\"tiles\">\(html.joined())</div>"
    }

    private var curves: ReportCurves? {
        guard let joined, joined.times.count > 1, let values = merged["joined"] else { return nil }
        return ReportCurves(
            times: joined.times, best: joined.equity, hold: joined.hold, bestStatistics: values["statistics"] ?? .null,
            holdStatistics: values["buy_and_hold"] ?? .null, dropped: (nil, nil))
    }

    private var equity: String {
        guard let curves else { return "" }
        let legend = """
            <p class="legend"><span class="key"><i class="best-box"></i>the windows' best sets, out of sample \
            <b>\(Markup.percent(curves.bestStatistics["return_pct"]?.double))</b></span><span class="key">\
            <i class="hold-box"></i>buy and hold <b>\(Markup.percent(curves.holdStatistics["return_pct"]?.double))</b>\
            </span><span class="key"><i class="loss-box"></i>drawdown \
            <b>\(Markup.percent(curves.bestStatistics["max_drawdown_pct"]?.double))</b></span></p>
            """
        let chart = EquityChart(curves: curves, outOfSample: nil)
        return ReportDocument.section(
            "Joined equity",
            "The out-of-sample parts one after the other, each window's returns compounded on those before it.",
            legend + Figure.html { chart.svg(width: $0) })
    }

    private var table: String {
        let names = windows.lazy.compactMap { $0["best"]?["parameters"]?.members?.map(\.name) }.first ?? []
        let titles =
            ["#", "In sample", "Out of sample"] + names.map(Markup.escaped) + [
                title.uppercasedFirst, "Out of sample", "Return, %", "Drawdown, %", "Trades",
            ]
        let head = titles.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let rows = windows.map { window in
            let (best, then) = (window["best"], window["out_of_sample"])
            var cells = [Markup.shown(window["number"]), span(window["in_sample"]), span(then)]
            cells += names.map { Markup.shown(best?["parameters"]?[$0]) }
            cells.append("<b>\(Markup.figure(best?["objective"]?.double))</b>")
            cells.append("<b>\(Markup.figure(then?["objective"]?.double))</b>")
            for name in ["return_pct", "max_drawdown_pct"] {
                cells.append(Markup.figure(then?["statistics"]?[name]?.double))
            }
            cells.append(Markup.shown(then?["statistics"]?["trade_count"]))
            return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        let table = "<table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table>"
        return ReportDocument.section("Windows", "", "<div class=\"scroll\">\(table)</div>")
    }

    private func span(_ part: JSONValue?) -> String {
        let ends = [part?["start"], part?["end"]].compactMap {
            $0?.string.map { Markup.escaped(String($0.prefix(10))) }
        }
        return ends.isEmpty ? "–" : ends.joined(separator: " to ")
    }

    private var statistics: String {
        guard let joined = merged["joined"], joined.members != nil else { return "" }
        return ReportDocument.section(
            "All figures", "",
            StatisticsTable(joined: joined["statistics"] ?? .null, hold: joined["buy_and_hold"] ?? .null).html)
    }
}
