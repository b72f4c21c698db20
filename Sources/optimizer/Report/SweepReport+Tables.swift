import Messages

extension SweepReport {
    var statistics: String {
        guard let best = top.first else { return "" }
        let table = StatisticsTable(best, hasSplit: hasSplit, curves: computed)
        return section("All figures of the best set", "", table.html)
    }

    /// What the best set did on each of several data sets.
    var datasets: String {
        guard let own = top.first?["datasets"]?.elements, own.count == data.count else { return "" }
        let titles =
            ["#", "Data set", objectiveTitle.uppercasedFirst] + (hasSplit ? ["Out of sample"] : []) + [
                "Return, %", "Drawdown, %", "Trades",
            ]
        let head = titles.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let rows = zip(own, data).enumerated().map { place, pair in
            let (entry, source) = pair
            let statistics = entry["statistics"]
            var cells = [String(place), words(of: source), "<b>\(Markup.figure(entry["objective"]?.double))</b>"]
            if hasSplit { cells.append(Markup.figure(entry["out_of_sample"]?[objective]?.double)) }
            for name in ["return_pct", "max_drawdown_pct"] { cells.append(Markup.figure(statistics?[name]?.double)) }
            cells.append(Markup.shown(statistics?["trade_count"]))
            return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        let table = "<table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table>"
        return section(
            "The best set by data set", summary.datasets.map { Markup.escaped($0.uppercasedFirst) + "." } ?? "",
            "<div class=\"scroll\">\(table)</div>")
    }

    /// Nothing where a step does not tell it.
    var luck: String {
        guard let luck = merged["luck"], luck.members != nil else { return "" }
        let (best, overfitting) = (luck["best"], luck["overfitting"])
        func part(_ value: JSONValue?) -> String { value?.double.map(LuckWords.percent) ?? "–" }
        func number(_ value: JSONValue?) -> String { Markup.shown(value) }
        let items = [
            ("Probabilistic Sharpe ratio", part(best?["probabilistic_sharpe_ratio"])),
            ("Deflated Sharpe ratio", part(best?["deflated_sharpe_ratio"])),
            ("Sharpe ratio of a period", number(best?["sharpe_ratio"])),
            ("Expected of the best without skill", number(best?["expected_best_sharpe_ratio"])),
            ("Sets tried", number(luck["sets_tried"])),
            (
                "Returns",
                "\(number(best?["periods"])), skewness \(number(best?["skewness"])), "
                    + "kurtosis \(number(best?["kurtosis"]))"
            ),
            ("Probability of overfitting", part(overfitting?["probability"])),
            ("Sets compared for it", number(overfitting?["sets_compared"])),
        ]
        let list = items.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined()
        let words = summary.luck.map { Markup.escaped($0.uppercasedFirst) + "." }.joined(separator: " ")
        return section("Is it luck?", words, "<dl>\(list)</dl>")
    }

    var topTable: String {
        guard let first = top.first else {
            return section("Best sets", Markup.escaped(summary.whyNoneIsRanked ?? "No set is ranked."), "")
        }
        let names = first["parameters"]?.members?.map(\.name) ?? []
        var titles = ["#"] + names.map(Markup.escaped) + [objectiveTitle.uppercasedFirst]
        if hasSplit { titles.append("Out of sample") }
        titles += ["Return, %", "Largest drawdown, %", "Trades", "Win rate, %"]
        let head = titles.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let rows = top.enumerated().map { rank, entry in row(rank + 1, entry, names) }
        let table = "<table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table>"
        return section("Best sets", "", "<div class=\"scroll\">\(table)</div>")
    }

    private func row(_ rank: Int, _ entry: JSONValue, _ names: [String]) -> String {
        let statistics = entry["statistics"]
        var cells = [String(rank)] + names.map { Markup.shown(entry["parameters"]?[$0]) }
        cells.append("<b>\(Markup.figure(entry["objective"]?.double))</b>")
        if hasSplit { cells.append(Markup.figure(entry["out_of_sample"]?[objective]?.double)) }
        for name in ["return_pct", "max_drawdown_pct"] { cells.append(Markup.figure(statistics?[name]?.double)) }
        cells.append(Markup.shown(statistics?["trade_count"]))
        cells.append(Markup.figure(statistics?["win_rate_pct"]?.double))
        return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
    }

    var whatWasSwept: String {
        var items: [(String, String)] = grid.axes.map { axis in
            (Markup.escaped(axis.name), "\(Markup.escaped(axis.range)) (\(Markup.grouped(axis.count)) values)")
        }
        for member in merged["strategy"]?["parameters"]?.members ?? [] where !isDefaultOff(member.value) {
            items.append((Markup.escaped(member.name), Markup.shown(member.value)))
        }
        items.append(("Looking for", "the \(isMaximum ? "largest" : "smallest") \(aggregate)\(objectiveTitle)"))
        items += conditions("parameter_constraints", "Only sets with") { ($0["left"], $0["right"]) }
        items += conditions("constraints", "Only results with") { ($0["target"], $0["target_value"]) }
        if let start = definition?["out_of_sample"]?["start"] {
            items.append(("Out of sample from", Markup.shown(start)))
        }
        items.append(("Sets", counts))
        if let search { items.append(("Drawn by", search)) }
        if let failure = summary.firstFailure { items.append(("Could not run", Markup.escaped(failure))) }
        if let account = merged["account"]?.members {
            items.append(
                ("Account", account.map { "\(words($0.name)) \(Markup.shown($0.value))" }.joined(separator: ", ")))
        }
        let list = items.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined()
        return section("What was swept", "", "<dl>\(list)</dl>")
    }

    private func isDefaultOff(_ value: JSONValue) -> Bool { value == .null }

    private func words(_ name: String) -> String { Markup.escaped(String(name.map { $0 == "_" ? " " : $0 })) }

    private func conditions(
        _ name: String, _ title: String, _ sides: (JSONValue) -> (JSONValue?, JSONValue?)
    ) -> [(String, String)] {
        let signs = [
            "less": "&lt;", "lessOrEqual": "≤", "greater": "&gt;", "greaterOrEqual": "≥", "equals": "=",
            "notEqual": "≠",
        ]
        let parts = (definition?[name]?.elements ?? []).map { condition in
            let (left, right) = sides(condition)
            return "\(Markup.shown(left)) \(signs[condition["operator"]?.string ?? ""] ?? "?") \(Markup.shown(right))"
        }
        return parts.isEmpty ? [] : [(title, parts.joined(separator: ", "))]
    }

    /// nil of a whole grid.
    private var search: String? {
        guard let method = SweepGrid.drawnBy(merged) else { return nil }
        let seed = merged["search"]?["seed"]?.integer.map { ", seed \($0)" } ?? ""
        return Markup.escaped(method) + seed
    }

    private var counts: String {
        let counts = merged["counts"]
        func count(_ name: String) -> Int { counts?[name]?.integer ?? 0 }
        let sets = merged["search"]?["sets"]?.integer.map { ["\(Markup.grouped($0)) in all"] } ?? []
        var parts = sets + ["\(Markup.grouped(count("evaluated"))) evaluated"]
        let others = [
            ("skipped", "not admitted by the rules"), ("failed", "could not run"),
            ("constraint_rejected", "turned down by a constraint"), ("undefined", "without a value"),
        ]
        for (name, words) in others where count(name) > 0 { parts.append("\(Markup.grouped(count(name))) \(words)") }
        return parts.joined(separator: ", ")
    }
}
