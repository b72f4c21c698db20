/// Draws a heat map: the better, the stronger.
struct HeatMapChart {
    let map: HeatMap
    let objective: String
    let isMaximum: Bool
    /// The weakest and the best figure that have a shade of their own; what is weaker than nearly all shares the
    /// weakest one, so that a few bad sets do not take all difference from the others.
    private let weak: Double
    private let best: Double
    static let shades = 12

    init(map: HeatMap, objective: String, isMaximum: Bool) {
        self.map = map
        self.objective = objective
        self.isMaximum = isMaximum
        let sorted = map.cells.compactMap { $0?.value }.sorted { isMaximum ? $0 < $1 : $0 > $1 }
        weak = sorted.isEmpty ? 0 : sorted[sorted.count / 50]
        best = sorted.last ?? 1
    }

    func svg(width: Double) -> String {
        let left = 52.0
        let bottom = 44.0
        let top = map.yName == nil ? 6.0 : 24
        let inner = width - left - 6
        let cellWidth = inner / Double(map.columns)
        let wanted = map.rows == 1 ? 56 : min(inner * (width > 600 ? 0.62 : 0.9), max(cellWidth, 14) * Double(map.rows))
        let cellHeight = max(wanted, 120 * (map.rows == 1 ? 0.4 : 1)) / Double(map.rows)
        let height = cellHeight * Double(map.rows)
        var drawing = Drawing(width: width, height: top + height + bottom)
        drawing.rect(left, top, inner, height, "void")
        drawCells(&drawing, left, top + height, cellWidth, cellHeight)
        drawColumns(&drawing, left, top + height, cellWidth)
        drawRows(&drawing, left, top + height, cellHeight)
        let axes = map.yName.map { "\(map.xName) and \($0)" } ?? map.xName
        return drawing.svg("\(objective) over \(axes)")
    }

    private func drawCells(_ drawing: inout Drawing, _ left: Double, _ base: Double, _ width: Double, _ height: Double)
    {
        let gap = min(width, height) > 7 ? 1.0 : 0
        for (place, cell) in map.cells.enumerated() {
            guard let cell else { continue }
            let x = left + Double(place % map.columns) * width
            let y = base - Double(place / map.columns + 1) * height
            drawing.rect(
                x + gap / 2, y + gap / 2, width - gap, height - gap, "h\(shade(cell.value))",
                title: map.title(cell))
        }
        // The winner's cell need not be the strongest where cells are a median or a mean.
        guard let best = map.bestPlace else { return }
        let x = left + Double(best % map.columns) * width
        let y = base - Double(best / map.columns + 1) * height
        drawing.rect(x - 1, y - 1, width + 2, height + 2, "ring")
    }

    private func drawColumns(_ drawing: inout Drawing, _ left: Double, _ base: Double, _ width: Double) {
        let longest = Double((0..<map.columns).map { map.columnLabel($0).count }.max() ?? 1) * 7 + 10
        let every = max(1, Int((longest / width).rounded(.up)))
        for column in stride(from: 0, to: map.columns, by: every) {
            drawing.text(left + (Double(column) + 0.5) * width, base + 16, map.columnLabel(column), .middle)
        }
        drawing.text(left + Double(map.columns) * width / 2, base + 36, map.xName + " →", .middle, style: "t name")
    }

    private func drawRows(_ drawing: inout Drawing, _ left: Double, _ base: Double, _ height: Double) {
        guard let name = map.yName else { return }
        drawing.text(left, base - Double(map.rows) * height - 9, "↑ " + name, style: "t name")
        let every = max(1, Int((17 / height).rounded(.up)))
        for row in stride(from: 0, to: map.rows, by: every) {
            drawing.text(left - 7, base - (Double(row) + 0.5) * height + 4, map.rowLabel(row), .end)
        }
    }

    // MARK: Shades

    /// Figures may be as large as doubles are: halves are subtracted, and the part is bounded before it is a number
    /// of a shade.
    func shade(_ value: Double) -> Int {
        let part = (value / 2 - weak / 2) / (best / 2 - weak / 2)
        guard best != weak, part.isFinite else { return Self.shades - 1 }
        return min(Self.shades - 1, Int(min(max(part, 0), 1) * Double(Self.shades)))
    }

    /// The shades with the figures at their ends.
    var legend: String {
        let blank = map.isDrawn ? "no set drawn, or none with a value" : "no value, not admitted, or turned down"
        let boxes = (0..<Self.shades).map { "<i class=\"b\($0)\"></i>" }.joined()
        return
            "<p class=\"legend\"><span>\(isMaximum ? "≤" : "≥") \(Markup.figure(weak))</span><span class=\"ramp\">\(boxes)</span>"
            + "<span>\(Markup.figure(best))</span><span class=\"key\"><i class=\"void-box\"></i>\(blank)</span>"
            + (map.bestPlace == nil ? "" : "<span class=\"key\"><i class=\"ring-box\"></i>the best set</span>") + "</p>"
    }
}
