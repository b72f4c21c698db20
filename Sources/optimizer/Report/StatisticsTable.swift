import Messages

/// All figures of the best set, beside those of buy and hold.
struct StatisticsTable {
    private struct Column {
        let title: String
        let values: JSONValue
    }

    private let columns: [Column]

    /// - Parameters:
    ///   - entry: the best set of a merged result.
    ///   - hasSplit: whether the sweep kept bars back.
    init(_ entry: JSONValue, hasSplit: Bool, curves: ReportCurves?) {
        var columns: [Column] = []
        if let values = entry["statistics"] {
            columns.append(Column(title: hasSplit ? "In sample" : "Best set", values: values))
        }
        if let values = entry["out_of_sample"], values.members != nil {
            columns.append(Column(title: "Out of sample", values: values))
        }
        if let curves {
            if hasSplit { columns.append(Column(title: "All bars", values: curves.bestStatistics)) }
            columns.append(Column(title: "Buy and hold", values: curves.holdStatistics))
        }
        self.columns = columns
    }

    /// Of a walk-forward.
    init(joined: JSONValue, hold: JSONValue) {
        columns = [Column(title: "Out of sample, joined", values: joined), Column(title: "Buy and hold", values: hold)]
    }

    var html: String {
        let names = columns.first?.values.members?.map(\.name) ?? []
        let head = columns.map { "<th scope=\"col\">\($0.title)</th>" }.joined()
        let rows = names.map { name in
            let cells = columns.map { "<td>\(Self.figure($0.values[name]))</td>" }.joined()
            return "<tr><th scope=\"row\">\(Self.title(name))</th>\(cells)</tr>"
        }
        return
            "<div class=\"scroll\"><table><thead><tr><th></th>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table></div>"
    }

    private static func figure(_ value: JSONValue?) -> String {
        if let whole = value?.integer { return Markup.grouped(whole) }
        if let number = value?.double { return Markup.figure(number) }
        return Markup.shown(value)
    }

    /// `max_drawdown_pct` is "Max drawdown, %".
    static func title(_ name: String) -> String {
        var words = name.split(separator: "_").map(String.init)
        let units = ["pct": "%", "days": "days"]
        let unit = words.last.flatMap { units[$0] }
        if unit != nil, words.count > 1 { words.removeLast() }
        let upper = ["sqn": "SQN", "cagr": "CAGR", "pnl": "P&L", "ann": "annual", "avg": "average", "max": "largest"]
        var text = words.map { upper[$0] ?? $0 }.joined(separator: " ")
        if let first = text.first { text = first.uppercased() + text.dropFirst() }
        return Markup.escaped(unit.map { "\(text), \($0)" } ?? text)
    }
}
