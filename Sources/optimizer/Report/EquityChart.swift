/// The equity of the best set against buy and hold, and below it how far each was under its peak.
struct EquityChart {
    let curves: ReportCurves
    /// The first bar that sets were not chosen by; nil where the sweep kept none back.
    let outOfSample: Int?

    private struct Frame {
        let left = 56.0
        let right: Double
        let equity: (top: Double, bottom: Double)
        let drawdown: (top: Double, bottom: Double)
        let height: Double

        init(width: Double) {
            right = width - 10
            let tall = width > 600 ? 300.0 : 230
            equity = (18, 18 + tall)
            drawdown = (equity.bottom + 34, equity.bottom + 34 + tall * 0.36)
            height = drawdown.bottom + 26
        }
    }

    func svg(width: Double) -> String {
        let frame = Frame(width: width)
        var drawing = Drawing(width: width, height: frame.height)
        let x = ChartScale(low: 0, high: Double(curves.times.count - 1), from: frame.left, to: frame.right)
        drawSplit(&drawing, frame, x)
        let money = ChartScale(curves.best + curves.hold, from: frame.equity.bottom, to: frame.equity.top)
        drawAxis(&drawing, frame, money, 5) { ChartScale.short($0) }
        let start = money(curves.best.first ?? 0)
        drawing.line(frame.left, start, frame.right, start, "base")
        drawing.path(points(curves.hold, x, money, frame), "hold")
        drawing.path(points(curves.best, x, money, frame), "best")
        drawing.text(frame.left, frame.drawdown.top - 8, "drawdown", style: "t name")
        drawing.text(frame.left, frame.equity.top - 6, "equity", style: "t name")
        drawDrawdown(&drawing, frame, x)
        drawDates(&drawing, frame, x, width)
        return drawing.svg("equity of the best set and of buy and hold, with drawdown")
    }

    private func drawDrawdown(_ drawing: inout Drawing, _ frame: Frame, _ x: ChartScale) {
        let best = ReportCurves.drawdown(curves.best)
        let hold = ReportCurves.drawdown(curves.hold)
        let deepest = min((best + hold).filter(\.isFinite).min() ?? -1, -0.01)
        let scale = ChartScale(low: deepest * 1.05, high: 0, from: frame.drawdown.bottom, to: frame.drawdown.top)
        drawAxis(&drawing, frame, scale, 3) { ChartScale.short($0) + " %" }
        drawing.path(points(best, x, scale, frame), "under", base: frame.drawdown.top)
        drawing.path(points(hold, x, scale, frame), "hold thin")
        drawing.path(points(best, x, scale, frame), "loss")
    }

    private func drawAxis(
        _ drawing: inout Drawing, _ frame: Frame, _ scale: ChartScale, _ count: Int, _ label: (Double) -> String
    ) {
        for tick in scale.ticks(count) {
            let y = scale(tick)
            drawing.line(frame.left, y, frame.right, y, "grid")
            drawing.text(frame.left - 7, y + 4, label(tick), .end)
        }
    }

    private func drawSplit(_ drawing: inout Drawing, _ frame: Frame, _ x: ChartScale) {
        guard let outOfSample else { return }
        let start = x(Double(outOfSample))
        drawing.rect(start, frame.equity.top, frame.right - start, frame.equity.bottom - frame.equity.top, "kept")
        drawing.rect(start, frame.drawdown.top, frame.right - start, frame.drawdown.bottom - frame.drawdown.top, "kept")
        let isLate = frame.right - start < 110
        drawing.text(
            isLate ? start - 6 : start + 6, frame.equity.top + 14, "out of sample", isLate ? .end : .start,
            style: "t name")
    }

    private func drawDates(_ drawing: inout Drawing, _ frame: Frame, _ x: ChartScale, _ width: Double) {
        for tick in DateTicks.places(curves.times, about: width > 600 ? 10 : 4) {
            let place = x(Double(tick.bar))
            drawing.line(place, frame.drawdown.bottom, place, frame.drawdown.bottom + 4, "tick")
            let anchor: Drawing.Anchor = place > frame.right - 24 ? .end : place < frame.left + 12 ? .start : .middle
            drawing.text(place, frame.drawdown.bottom + 18, tick.label, anchor)
        }
    }

    /// At most two points a pixel: the lowest and the highest of the bars that share it, in their order.
    private func points(
        _ values: [Double], _ x: ChartScale, _ y: ChartScale, _ frame: Frame
    ) -> [(x: Double, y: Double)] {
        let share = max(1, Int((Double(values.count) / (frame.right - frame.left)).rounded(.up)))
        var points: [(x: Double, y: Double)] = []
        for first in stride(from: 0, to: values.count, by: share) {
            let bars = (first..<min(first + share, values.count)).filter { values[$0].isFinite }
            guard let low = bars.min(by: { values[$0] < values[$1] }),
                let high = bars.max(by: { values[$0] < values[$1] })
            else { continue }
            for bar in low == high ? [low] : [min(low, high), max(low, high)] {
                points.append((x(Double(bar)), y(values[bar])))
            }
        }
        return points
    }
}
