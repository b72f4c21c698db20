import Messages

/// What the best sets did on the bars they were chosen by, against what they did on those they were not.
struct ComparisonChart {
    struct Row {
        let rank: Int
        let words: String
        let inSample: Double
        let outOfSample: Double?
    }

    let rows: [Row]
    let objective: String
    private static let most = 15

    /// - Parameter top: of a merged result.
    init(_ top: [JSONValue], objective: String) {
        self.objective = objective
        rows = top.prefix(Self.most).enumerated().compactMap { rank, entry in
            guard let value = entry["objective"]?.double else { return nil }
            let parameters = entry["parameters"]?.members ?? []
            return Row(
                rank: rank + 1,
                words: parameters.map { "\($0.name) \($0.value.string ?? $0.value.text)" }.joined(separator: ", "),
                inSample: value, outOfSample: entry["out_of_sample"]?[objective]?.double)
        }
    }

    var isEmpty: Bool { rows.allSatisfy { $0.outOfSample == nil } }

    func svg(width: Double) -> String {
        let isWide = width > 600
        let longest = rows.map { $0.words.count }.max() ?? 0
        let left = isWide ? min(360, 52 + Double(longest) * 7) : 34.0
        let pitch = 24.0
        let bottom = 12 + pitch * Double(rows.count)
        var drawing = Drawing(width: width, height: bottom + 44)
        let values = rows.flatMap { [$0.inSample, $0.outOfSample ?? $0.inSample] }
        let x = ChartScale(values + (crossesZero(values) ? [0] : []), from: left, to: width - 14)
        for tick in x.ticks(isWide ? 8 : 4) {
            drawing.line(x(tick), 6, x(tick), bottom, tick == 0 ? "base" : "grid")
            drawing.text(x(tick), bottom + 16, ChartScale.short(tick), .middle)
        }
        for (index, row) in rows.enumerated() {
            draw(row, at: 12 + pitch * (Double(index) + 0.5), x, left, isWide, &drawing)
        }
        drawing.text((left + width - 14) / 2, bottom + 36, objective, .middle, style: "t name")
        return drawing.svg("\(objective) of the best sets, in sample and out of sample")
    }

    private func crossesZero(_ values: [Double]) -> Bool { (values.min() ?? 0) < 0 && (values.max() ?? 0) > 0 }

    private func draw(
        _ row: Row, at y: Double, _ x: ChartScale, _ left: Double, _ isWide: Bool, _ drawing: inout Drawing
    ) {
        drawing.text(0, y + 4, "#\(row.rank)", style: "t name")
        if isWide { drawing.text(34, y + 4, String(row.words.prefix(46))) }
        if let outOfSample = row.outOfSample {
            drawing.line(x(row.inSample), y, x(outOfSample), y, "span")
            drawing.dot(
                x(outOfSample), y, 5.5, "out", title: "\(row.words): out of sample \(Markup.figure(outOfSample))")
        }
        drawing.dot(x(row.inSample), y, 5.5, "in", title: "\(row.words): in sample \(Markup.figure(row.inSample))")
    }
}
