import Messages

/// The best sets of a sweep, for a terminal.
enum SweepTable {
    static func lines(_ merged: JSONValue) -> [String] {
        let top = merged["top"]?.elements ?? []
        guard let first = top.first else { return [] }
        let objective = merged["objective"]?["target"]?.string ?? "objective"
        let names = first["parameters"]?.members?.map(\.name) ?? []
        let hasOutOfSample = SweepSummary(merged: merged).asksForOutOfSample
        var columns: [Table.Column] = [.right("RANK"), .right("SET")]
        columns += names.map { .right($0.uppercased()) }
        let aggregate = merged["objective"]?["aggregate"]?.string.map { "\($0) " } ?? ""
        columns.append(.right((aggregate + objective).uppercased()))
        if hasOutOfSample { columns.append(.right("OUT OF SAMPLE")) }
        columns += [.right("RETURN %"), .right("MAX DD %"), .right("TRADES")]
        return Table.lines(
            columns, top.enumerated().map { cells($0.offset, $0.element, names, objective, hasOutOfSample) })
    }

    private static func cells(
        _ rank: Int, _ entry: JSONValue, _ names: [String], _ objective: String, _ hasOutOfSample: Bool
    ) -> [String] {
        let statistics = entry["statistics"]
        var cells = [String(rank + 1), entry["index"]?.integer.map(String.init) ?? "-"]
        cells += names.map { name in entry["parameters"]?[name].map { $0.string ?? $0.text } ?? "-" }
        cells.append(FigureText.fixed(entry["objective"]?.double, 4))
        if hasOutOfSample { cells.append(FigureText.fixed(entry["out_of_sample"]?[objective]?.double, 4)) }
        cells.append(FigureText.fixed(statistics?["return_pct"]?.double, 2))
        cells.append(FigureText.fixed(statistics?["max_drawdown_pct"]?.double, 2))
        let trades = statistics?["trade_count"]
        // Of several data sets it is a mean, or in the middle of two.
        cells.append(trades?.integer.map(String.init) ?? FigureText.fixed(trades?.double, 1))
        return cells
    }
}
