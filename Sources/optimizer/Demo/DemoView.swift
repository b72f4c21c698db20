import Scheduling
import System

/// How far the demo has come.
enum DemoPhase: String {
    case starting = "nodes starting"
    case running = "running"
    case ending = "nodes leaving"
}

/// Shows the demo while it runs: one screen on a terminal, else a line a second.
final class DemoView {
    static let historyWidth = 56
    private static let redrawMs = 200
    private static let lineMs = 1000

    private let screen: Screen?
    private let isUnicode = Terminal.isUnicode
    private let title: String
    private let partitions: Int
    private let startedAt = MonotonicTime.now()
    private var nextDrawing = MonotonicTime.now()

    init(title: String, partitions: Int) {
        self.title = title
        self.partitions = partitions
        screen = Screen()
    }

    func isDue(at now: MonotonicTime) -> Bool { now >= nextDrawing }

    /// Whether Ctrl-C, or q, was pressed since the last look.
    var isInterrupted: Bool {
        screen?.keys().contains { $0 == .interrupt || $0 == .character("q") } ?? false
    }

    func show(_ phase: DemoPhase, _ figures: DemoFigures, _ workload: DemoWorkload, at now: MonotonicTime) {
        nextDrawing = now.adding(milliseconds: screen == nil ? Self.lineMs : Self.redrawMs)
        let seconds = now.milliseconds(since: startedAt) / 1000
        if let screen {
            screen.draw(lines(phase, figures, workload, seconds))
        } else {
            Output.data(progress(phase, figures, workload, seconds))
        }
    }

    /// Gives the terminal back.
    func close() { screen?.close() }

    // MARK: Lines

    private func progress(
        _ phase: DemoPhase, _ figures: DemoFigures, _ workload: DemoWorkload, _ seconds: Double
    ) -> String {
        let latency = figures.stepLatency([0.5, 0.95])
        let underWay = figures.underWay(submitted: workload.submitted)
        var line = "\(FigureText.fixed(seconds, 1)) s: submitted \(workload.submitted) of \(workload.total), "
        line += "queued \(underWay.queued), running \(underWay.running), completed \(figures.completed), "
        line += "partitions paused \(figures.partitionsPaused) resumed \(figures.partitionsResumed), "
        line += "step P50 \(FigureText.fixed(latency[0], 2)) ms P95 \(FigureText.fixed(latency[1], 2)) ms"
        if let best = figures.best.first {
            line += ", best \(best.fast)/\(best.slow) Sharpe \(FigureText.fixed(best.sharpeRatio, 3))"
        }
        return phase == .running ? line : "\(line) (\(phase.rawValue))"
    }

    // MARK: The screen

    private func lines(
        _ phase: DemoPhase, _ figures: DemoFigures, _ workload: DemoWorkload, _ seconds: Double
    ) -> [ScreenLine] {
        let head = ScreenLine(" optimizer demo ", .inverse).adding("  \(title)  ", .dim)
            .adding("\(FigureText.fixed(seconds, 1)) s", .bold).adding("  \(phase.rawValue)", .dim)
        return [head, ScreenLine()] + counts(figures, workload) + [ScreenLine()] + nodeTable(figures)
            + [ScreenLine()] + bestTable(figures)
            + [ScreenLine(), ScreenLine(" q or Ctrl-C ends it; all of it ends by itself", .dim)]
    }

    private func counts(_ figures: DemoFigures, _ workload: DemoWorkload) -> [ScreenLine] {
        let total = Double(workload.total)
        let latency = figures.stepLatency([0.5, 0.95])
        let underWay = figures.underWay(submitted: workload.submitted)
        func bar(_ count: Int) -> String { FigureText.bar(Double(count) / total, width: 40, isUnicode: isUnicode) }
        let pausedNow = figures.pausedNow
        return [
            label("submitted").adding("\(workload.submitted)".leftPadded(to: 6), .bold)
                .adding(" of \(workload.total)".padded(to: 10)).adding(bar(workload.submitted), .heading),
            label("completed").adding("\(figures.completed)".leftPadded(to: 6), .bold)
                .adding("".padded(to: 10)).adding(bar(figures.completed), .good),
            label("queued").adding("\(underWay.queued)".leftPadded(to: 6), .bold)
                .adding("   running ").adding("\(underWay.running)".leftPadded(to: 2), .bold)
                .adding("   still in Kafka ").adding("\(underWay.inKafka)".leftPadded(to: 4), .bold),
            label("queue depth").adding(
                FigureText.sparkline(figures.depthHistory, top: 100 * DemoNodes.count, isUnicode: isUnicode), .heading),
            label("partitions").adding("\(figures.partitionsPaused)".leftPadded(to: 6), .bold).adding(" paused ")
                .adding("\(figures.partitionsResumed)".leftPadded(to: 6), .bold).adding(" resumed   now ")
                .adding("\(pausedNow) of \(partitions) paused", pausedNow > 0 ? .warning : .plain),
            label("step latency").adding("   P50 ").adding("\(FigureText.fixed(latency[0], 2)) ms", .bold)
                .adding("   P95 ").adding("\(FigureText.fixed(latency[1], 2)) ms", .bold),
        ]
    }

    private func label(_ text: String) -> ScreenLine { ScreenLine(" " + text.padded(to: 13)) }

    private func nodeTable(_ figures: DemoFigures) -> [ScreenLine] {
        let heading = ScreenLine(
            " node    running queue  partitions  state     done    /s P50 ms P95 ms pauses", .heading)
        let rows = figures.sortedNodes.map { node in
            let isPaused = !node.pausedPartitions.isEmpty
            let state = node.partitions.isEmpty ? "-" : isPaused ? "paused" : "flowing"
            let partitions = node.partitions.map(String.init).joined(separator: " ")
            return ScreenLine(" " + node.name.padded(to: 8)).adding("\(node.running)/\(node.slots)".leftPadded(to: 7))
                .adding("\(node.queueDepth)".leftPadded(to: 6)).adding("  " + partitions.padded(to: 12))
                .adding(state.padded(to: 7), isPaused ? .warning : .good)
                .adding("\(figures.resultsByNode[node.name] ?? 0)".leftPadded(to: 7))
                .adding(FigureText.fixed(node.requestsPerSecond, 0).leftPadded(to: 6))
                .adding(FigureText.fixed(node.p50, 2).leftPadded(to: 7))
                .adding(FigureText.fixed(node.p95, 2).leftPadded(to: 7)).adding("\(node.pauses)".leftPadded(to: 7))
        }
        let missing = max(0, DemoNodes.count - rows.count)
        return [heading] + rows + Array(repeating: ScreenLine(), count: missing)
    }

    private func bestTable(_ figures: DemoFigures) -> [ScreenLine] {
        let rows = figures.best.map { ScreenLine(" " + DemoSummary.row($0)) }
        let missing = DemoFigures.bestCount - rows.count
        return [
            ScreenLine(" best parameter sets of \(DemoWorkload.strategy) so far, by Sharpe ratio", .heading),
            ScreenLine(" " + DemoSummary.heading, .dim),
        ] + rows + Array(repeating: ScreenLine(), count: missing)
    }
}
