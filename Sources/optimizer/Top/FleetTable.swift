import Scheduling

/// The fleet as lines: of a screen, or to be printed once.
struct FleetTable {
    private static let nodeColumns: [Table.Column] = [
        .left("NODE", 14), .left("STATE", 9), .right("RUN", 5), .right("QUEUE", 5), .right("PAUSED", 6),
        .right("REQ/S", 7), .right("P95 MS", 6), .right("LAG", 7), .right("HEARD", 6),
    ]
    private static let strategyColumns: [Table.Column] = [
        .left("STRATEGY", 24), .right("NODES", 5), .right("STEPS/S", 8), .right("P50 MS", 8), .right("P95 MS", 8),
    ]

    /// What a narrow screen does without, first to last; the others stay, and are cut.
    private static let dispensable = ["HEARD", "PAUSED", "NODES", "P50 MS", "RUN", "P95 MS", "QUEUE"]

    let fleet: Fleet
    let order: FleetOrder
    let isReversed: Bool
    let now: MonotonicTime

    /// - Parameters:
    ///   - rows: how many lines there is room for; nil for all.
    ///   - width: how many columns a line may have; nil for all.
    func lines(rows: Int? = nil, width: Int? = nil) -> [ScreenLine] {
        let nodes = fleet.sorted(by: order, isReversed: isReversed)
        let strategies = fleet.strategies(at: now)
        var left: [String] = []
        let nodeTable = fitted(Self.nodeColumns, nodes.map(row), width, leftOut: &left)
        let strategyTable = fitted(Self.strategyColumns, strategies.map(row), width, leftOut: &left)
        let note = left.isEmpty ? [] : [ScreenLine("no room for \(left.joined(separator: ", "))", .dim)]
        // Two headings, the totals and two empty lines stand in any case; the nodes get what the strategies leave.
        let room = rows.map { max(2, $0 - 5 - note.count) }
        let strategyRoom = room.map { min(strategies.count, max($0 / 3, $0 - nodes.count)) } ?? strategies.count
        let nodeRoom = room.map { max(1, $0 - strategyRoom) } ?? nodes.count
        return [totals, ScreenLine()] + table(nodeTable, style(nodes), room: nodeRoom) + [ScreenLine()]
            + table(strategyTable, strategies.map { _ in .plain }, room: strategyRoom) + note
    }

    /// The header and all rows, without as many columns as it takes to keep to the width, if that can be kept.
    private func fitted(
        _ columns: [Table.Column], _ rows: [[String]], _ width: Int?, leftOut: inout [String]
    ) -> [String] {
        var shown = Array(columns.indices)
        var lines = Table.lines(columns, rows)
        for title in Self.dispensable {
            guard let width, lines.contains(where: { $0.count > width }) else { break }
            guard let index = shown.firstIndex(where: { columns[$0].title == title }) else { continue }
            shown.remove(at: index)
            leftOut.append(title)
            lines = Table.lines(shown.map { columns[$0] }, rows.map { row in shown.map { row[$0] } })
        }
        return lines
    }

    private var totals: ScreenLine {
        let totals = fleet.totals(at: now)
        let lag = totals.lag.map(String.init) ?? "-"
        return ScreenLine("running ").adding("\(totals.running)/\(totals.slots)", .bold)
            .adding("  queue ").adding("\(totals.queueDepth)", .bold)
            .adding("  partitions paused ").adding("\(totals.pausedPartitions)/\(totals.partitions)", .bold)
            .adding("  req/s ").adding(FigureText.fixed(totals.perSecond, 1), .bold)
            .adding("  lag ").adding(lag, .bold)
    }

    private func row(_ node: ObservedNode) -> [String] {
        let silence = now.milliseconds(since: node.heardAt) / 1000
        return [
            node.name, node.state(at: now), "\(node.running)/\(node.slots)", "\(node.queueDepth)",
            "\(node.pausedPartitions.count)/\(node.partitions.count)", FigureText.fixed(node.requestsPerSecond, 1),
            FigureText.fixed(node.p95, 2), node.lag.map(String.init) ?? "-",
            FigureText.fixed(max(0, silence), 0) + " s",
        ]
    }

    private func row(_ strategy: Fleet.StrategyFigures) -> [String] {
        [
            strategy.name, "\(strategy.nodes)", FigureText.fixed(strategy.perSecond, 1),
            FigureText.fixed(strategy.p50, 2), FigureText.fixed(strategy.p95, 2),
        ]
    }

    private func style(_ nodes: [ObservedNode]) -> [TextStyle] {
        nodes.map { node in
            switch node.state(at: now) {
            case "stale", "not ready": .bad
            case "paused", "draining": .warning
            case "stopped": .dim
            default: .plain
            }
        }
    }

    private func table(_ lines: [String], _ styles: [TextStyle], room: Int) -> [ScreenLine] {
        let count = lines.count - 1
        let shown = count > room ? max(0, room - 1) : count
        let heading = lines.prefix(1).map { ScreenLine($0, .heading) }
        let body = zip(lines.dropFirst(), styles).prefix(shown).map { ScreenLine($0, $1) }
        let more = count > shown ? [ScreenLine("and \(count - shown) more", .dim)] : []
        return heading + body + more
    }
}
