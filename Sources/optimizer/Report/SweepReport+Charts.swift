import Messages

extension SweepReport {
    var tiles: String {
        guard let best = top.first else { return "" }
        let statistics = best["statistics"]
        func tile(_ label: String, _ value: String, isFirst: Bool = false) -> String {
            "<div class=\"tile\(isFirst ? " first" : "")\"><span>\(label)</span><b>\(value)</b></div>"
        }
        func percent(_ name: String) -> String {
            statistics?[name]?.double.map { ($0 > 0 ? "+" : "") + $0.fixed(1).replacingMinus + "\u{A0}%" } ?? "–"
        }
        var tiles = [
            tile((aggregate + objectiveTitle).uppercasedFirst, Markup.figure(best["objective"]?.double), isFirst: true)
        ]
        if hasSplit { tiles.append(tile("Out of sample", Markup.figure(best["out_of_sample"]?[objective]?.double))) }
        if let plateau = merged["plateau"], plateau.members != nil {
            tiles.append(tile("Around it", Markup.figure(plateau["objective_median"]?.double)))
        }
        tiles += (best["parameters"]?.members ?? []).prefix(4).map {
            tile(Markup.escaped($0.name), Markup.shown($0.value))
        }
        tiles.append(tile("Return", percent("return_pct")))
        tiles.append(tile("Drawdown", percent("max_drawdown_pct")))
        return "<div class=\"tiles\">\(tiles.joined())</div>"
    }

    var objectiveTitle: String { StatisticsTable.title(objective).lowercasedFirst }

    var heatMap: String {
        let map = HeatMap(merged, axes, over: over, most: 90, isMaximum: isMaximum)
        guard !map.isEmpty else {
            let reason =
                merged["heatmap"]?.elements == nil
                ? "The sweep did not ask for one: \"output\": {\"heatmap\": true} does."
                : summary.whyNoneIsRanked ?? "No set has a value."
            return section("Heat map", Markup.escaped(reason), "")
        }
        let chart = HeatMapChart(map: map, objective: objective, isMaximum: isMaximum)
        var words = "\((aggregate + objectiveTitle).uppercasedFirst), the stronger the better"
        if !map.others.isEmpty {
            words += "; each cell is the \(over) over " + map.others.map(Markup.escaped).joined(separator: ", ")
        }
        if (merged["counts"]?["constraint_rejected"]?.integer ?? 0) > 0 {
            words += "; sets that a constraint turned down have no part in it"
        }
        if map.isCoarse { words += "; neighbouring values share a cell, which shows the \(over) of them" }
        words += "." + (summary.plateau.map { " \(Markup.escaped($0.uppercasedFirst))." } ?? "")
        let figure = Figure.html { width in
            let map = HeatMap(merged, axes, over: over, most: width > 600 ? 90 : 45, isMaximum: isMaximum)
            return HeatMapChart(map: map, objective: objective, isMaximum: isMaximum).svg(width: width)
        }
        return section("Heat map", words, chart.legend + figure)
    }

    var equity: String {
        guard data.count > 1 else { return curves.first.map { equity($0) } ?? "" }
        let charts = zip(data, curves).map { source, outcome in
            "<h3>\(words(of: source))</h3>" + equityChart(outcome)
        }
        let rest =
            data.count > curves.count ? " Drawn for the first \(curves.count) of \(data.count) data sets." : ""
        return section(
            "Equity",
            "The best set over all bars of each data set, against buying at the first and holding to the last."
                + rest, charts.joined())
    }

    private func equity(_ outcome: ReportCurves.Outcome) -> String {
        guard case .missing(let reason) = outcome else {
            return section(
                "Equity",
                "The best set over all bars, against buying at the first and holding to the last."
                    + dropped(outcome), equityChart(outcome))
        }
        return section("Equity", Markup.escaped(reason), "")
    }

    /// The chart of one data set with its legend, or why there is none.
    private func equityChart(_ outcome: ReportCurves.Outcome) -> String {
        switch outcome {
        case .missing(let reason): return "<p class=\"soft\">\(Markup.escaped(reason))</p>"
        case .computed(let curves):
            let chart = EquityChart(curves: curves, outOfSample: firstKeptBar(curves.times))
            let legend = """
                <p class="legend"><span class="key"><i class="best-box"></i>best set \
                <b>\(Markup.percent(curves.bestStatistics["return_pct"]?.double))</b></span><span class="key">\
                <i class="hold-box"></i>buy and hold <b>\(Markup.percent(curves.holdStatistics["return_pct"]?.double))</b>\
                </span><span class="key"><i class="loss-box"></i>drawdown of the best set \
                <b>\(Markup.percent(curves.bestStatistics["max_drawdown_pct"]?.double))</b></span></p>
                """
            let words = data.count > 1 ? dropped(outcome) : ""
            return legend + (words.isEmpty ? "" : "<p class=\"soft\">\(words)</p>")
                + Figure.html { chart.svg(width: $0) }
        }
    }

    /// What the two runs could not pay for.
    private func dropped(_ outcome: ReportCurves.Outcome) -> String {
        guard case .computed(let curves) = outcome else { return "" }
        let dropped = [("Best set", curves.dropped.best), ("Buy and hold", curves.dropped.hold)].compactMap {
            name, words in words.map { " \(name): \(Markup.escaped($0))." }
        }
        return dropped.joined()
    }

    /// The first bar of the out-of-sample part. Times and the sweep's date are compared as text, which orders them.
    private func firstKeptBar(_ times: [Int64]) -> Int? {
        guard let start = definition?["out_of_sample"]?["start"]?.string, start.count >= 10, start.contains("-") else {
            return nil
        }
        return times.firstIndex { DateTicks.text($0, min(start.count, 10)) >= start.prefix(10) }
    }

    var comparison: String {
        let chart = ComparisonChart(top, objective: objective)
        guard !chart.rows.isEmpty else { return "" }
        guard !chart.isEmpty else {
            return section("In sample and out of sample", Markup.escaped(whyNothingIsCompared), "")
        }
        let legend = """
            <p class="legend"><span class="key"><i class="best-box"></i>in sample: what the set was chosen by</span>\
            <span class="key"><i class="out-box"></i>out of sample: what it then did</span></p>
            """
        return section(
            "In sample and out of sample",
            "\((aggregate + objectiveTitle).uppercasedFirst) of the best sets. Far apart means fitted to the past.",
            legend + Figure.html { chart.svg(width: $0) })
    }
}

extension SweepReport {
    private var whyNothingIsCompared: String {
        if let reason = summary.whyNoneIsOutOfSample { return reason }
        guard !hasSplit else { return "Out of sample none of the best sets has a value of \(objective)." }
        guard let laterDate else {
            return "The sweep kept no bars back, and its data sets have no time in common that could be."
        }
        return
            "The sweep kept no bars back: \"out_of_sample\": {\"start\": \"\(laterDate)\"} judges the best sets by bars they "
            + "were not chosen by."
    }

    /// Where the last quarter of the data begins, or of what the data sets have in common: a start that a reader can take
    /// over. nil where they have nothing in common.
    private var laterDate: String? {
        func days(_ name: String) -> [Int64] {
            data.compactMap { data in
                data[name]?.string.flatMap { Timestamp(rfc3339: $0.prefix(10) + "T00:00:00Z") }?.milliseconds
            }
        }
        guard let first = days("start").max(), let last = days("end").min(), first < last else { return nil }
        return DateTicks.text(first + (last - first) / 4 * 3, 10)
    }
}

extension String {
    var lowercasedFirst: String {
        // "SQN" and "CAGR" stay as they are.
        dropFirst().first?.isUppercase == true ? self : prefix(1).lowercased() + dropFirst()
    }

    var uppercasedFirst: String { prefix(1).uppercased() + dropFirst() }
}
