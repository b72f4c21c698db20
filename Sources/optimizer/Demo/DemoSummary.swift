import Messages

/// What the demo says at its end.
struct DemoSummary {
    let figures: DemoFigures
    let workload: DemoWorkload
    /// From the first request submitted to the last result read.
    let seconds: Double

    static let heading = "  fast  slow   Sharpe   return %  drawdown %  trades"

    static func row(_ evaluation: DemoFigures.Evaluation) -> String {
        "\(evaluation.fast)".leftPadded(to: 6) + "\(evaluation.slow)".leftPadded(to: 6)
            + FigureText.fixed(evaluation.sharpeRatio, 3).leftPadded(to: 9)
            + FigureText.fixed(evaluation.returnPercent, 1).leftPadded(to: 11)
            + FigureText.fixed(evaluation.drawdownPercent, 1).leftPadded(to: 12)
            + (evaluation.trades.map(String.init) ?? "-").leftPadded(to: 8)
    }

    /// The nodes' names are what the results say they are.
    var lines: [String] {
        let latency = figures.stepLatency([0.5, 0.95])
        let shares = figures.resultsByNode.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let rate = seconds > 0 ? Double(figures.completed) / seconds : 0
        var lines = [
            "submitted \(workload.submitted), completed \(figures.completed) (\(shares.joined(separator: ", "))) "
                + "in \(FigureText.fixed(seconds, 1)) s, \(FigureText.fixed(rate, 0)) a second",
            "partitions paused \(figures.partitionsPaused) times and resumed \(figures.partitionsResumed) times, "
                + "at most \(figures.largestQueueDepth) requests queued in a node",
            "step latency P50 \(FigureText.fixed(latency[0], 2)) ms, P95 \(FigureText.fixed(latency[1], 2)) ms",
        ]
        if figures.repeated > 0 { lines.append("\(figures.repeated) requests ran again after a rebalance") }
        lines += ["best parameter sets of \(DemoWorkload.strategy), by Sharpe ratio:", Self.heading]
        return (lines + figures.best.map(Self.row)).map(\.escapedForTerminal)
    }
}
