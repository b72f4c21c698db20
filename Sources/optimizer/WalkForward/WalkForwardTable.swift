import Messages
import Strategies
import Worker

/// A walk-forward that was put together, for a terminal.
struct WalkForwardTable {
    let merged: JSONValue

    private var windows: [JSONValue] { merged["windows"]?.elements ?? [] }
    private var objective: String { merged["objective"]?["target"]?.string ?? "objective" }

    /// The windows, one a line: what was judged in sample, and behind it what it then did out of sample, from when to when.
    var lines: [String] {
        guard !windows.isEmpty else { return [] }
        let names = windows.lazy.compactMap { $0["best"]?["parameters"]?.members?.map(\.name) }.first ?? []
        var columns: [Table.Column] = [.right("WINDOW"), .left("START"), .left("END")]
        columns += names.map { .right($0.uppercased()) }
        columns += [
            .right(objective.uppercased()), .right("OUT OF SAMPLE"), .right("RETURN %"), .right("MAX DD %"),
            .right("TRADES"),
        ]
        return Table.lines(columns, windows.map { cells($0, names) })
    }

    private func cells(_ window: JSONValue, _ names: [String]) -> [String] {
        let (best, then) = (window["best"], window["out_of_sample"])
        let figures = then?["statistics"]
        var cells = [window["number"]?.integer.map(String.init) ?? "-"]
        cells += ["start", "end"].map { then?[$0]?.string ?? "-" }
        cells += names.map { name in best?["parameters"]?[name].map { $0.string ?? $0.text } ?? "-" }
        cells.append(FigureText.fixed(best?["objective"]?.double, 4))
        cells.append(FigureText.fixed(then?["objective"]?.double, 4))
        cells.append(FigureText.fixed(figures?["return_pct"]?.double, 2))
        cells.append(FigureText.fixed(figures?["max_drawdown_pct"]?.double, 2))
        cells.append(figures?["trade_count"]?.integer.map(String.init) ?? "-")
        return cells
    }

    /// What there is to say beside the table, a sentence each, without its end.
    var words: [String] {
        var words = windows.compactMap(stepWords)
        words += windows.compactMap { window in
            guard window["problem"]?.string == nil, window["best"]?.members == nil else { return nil }
            return "window \(window["number"]?.integer ?? 0) has no set that is ranked: nothing is held in it"
        }
        words += windows.compactMap { window in
            DroppedWords.of(window["out_of_sample"]?["dropped_orders"]).map {
                "window \(window["number"]?.integer ?? 0), out of sample: \($0)"
            }
        }
        if let problem = merged["problem"]?.string { words.append("the windows are not joined: \(problem)") }
        return words + [joined].compactMap { $0 }
    }

    private func stepWords(_ window: JSONValue) -> String? {
        let steps = window["steps"]
        let (of, completed) = (steps?["of"]?.integer ?? 0, steps?["completed"]?.integer ?? 0)
        guard of == 0 || completed < of else { return nil }
        let failed = steps?["failed"]?.elements ?? []
        let why = failed.first.map {
            ", \(failed.count) failed: \($0["code"]?.string ?? "") \($0["message"]?.string ?? "")"
        }
        return "window \(window["number"]?.integer ?? 0): "
            + (of == 0 ? "no step has a result" : "\(completed) of \(of) steps are complete") + (why ?? "")
    }

    private var joined: String? {
        guard let joined = merged["joined"], joined.members != nil else { return nil }
        let figures = joined["statistics"]
        func percent(_ name: String) -> String { FigureText.fixed(figures?[name]?.double, 2) + " %" }
        let efficiency =
            joined["walk_forward_efficiency"]?.double.map {
                "; walk-forward efficiency \(FigureText.fixed($0, 2)) (the return of a year out of sample over that in sample)"
            } ?? ""
        return "joined, \(joined["start"]?.string ?? "") to \(joined["end"]?.string ?? ""): \(objective) "
            + "\(FigureText.fixed(figures?[objective]?.double, 4)), return \(percent("return_pct")), in a year "
            + "\(percent("return_ann_pct")), largest drawdown \(percent("max_drawdown_pct")), "
            + "\(figures?["trade_count"]?.integer ?? 0) trades\(efficiency)"
    }
}
